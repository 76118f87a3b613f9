/**
 * Hundreds of open, quiet websockets
 * Holds: none is closed; workers without one are removed
 * Note: Seen in google/adk-python #4876, Dallinger/Dallinger #1078 and Flask-SocketIO #35.
 */
import { until } from "../../support/wait.ts";
import { setUp } from "../support/set_up.ts";

const SOCKETS = 60;
const WORKERS = 4;
/** Quiet time, before a burst and after it; the usual hold of an idle worker is a few seconds. */
const QUIET_MS = 8_000;

setUp(import.meta, {
  line: `-w ${WORKERS} -k uvicorn_worker.UvicornWorker -b 127.0.0.1:$PORT app:app`,
  own: ["--min-workers=1"],
  versions: ["newest"],
  async observe(server) {
    await server.untilWorkers(WORKERS);
    const sockets = await Promise.all(Array.from({ length: SOCKETS }, () => opened(server.port)));
    let closed = 0;
    for (const socket of sockets) socket.onclose = () => closed++;
    const quiet = () =>
      until(() => closed > 0, { timeoutMs: QUIET_MS, what: "a websocket that is closed" }).catch(() => {});
    await quiet();
    const burst = await Promise.all(Array.from({ length: 80 }, () => server.status("/")));
    await quiet();
    const closedByServer = closed;
    for (const socket of sockets) socket.close();
    await until(() => closed === SOCKETS, {
      timeoutMs: 20_000,
      what: () => `${SOCKETS} ends, there are ${closed}`,
    });
    if (server.isWrapped) await server.untilWorkers(1, 40_000);
    return { closedByServer, unanswered: burst.filter((status) => status !== 200).length };
  },
});

async function opened(port: number): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
  await until(() => socket.readyState === WebSocket.OPEN, { timeoutMs: 20_000, what: "an open websocket" });
  return socket;
}
