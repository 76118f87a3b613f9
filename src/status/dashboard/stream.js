// Follows /events for as long as the page is open. The server may go and come back: a new stream begins with its history.
const AGAIN_MS = 1000;
const SILENT_MS = 8000;

export function follow({ onHistory, onStatus, onLost }) {
  let source, watchdog;
  const alive = () => {
    clearTimeout(watchdog);
    // A connection that is up but silent (a suspended machine, a dropped route) is lost too.
    watchdog = setTimeout(again, SILENT_MS);
  };
  const again = () => {
    source?.close();
    clearTimeout(watchdog);
    onLost();
    setTimeout(open, AGAIN_MS);
  };
  const open = () => {
    source = new EventSource("/events");
    source.addEventListener("history", (event) => (alive(), onHistory(JSON.parse(event.data))));
    source.addEventListener("status", (event) => (alive(), onStatus(JSON.parse(event.data))));
    source.onerror = again;
    alive();
  };
  open();
}
