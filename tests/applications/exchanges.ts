/** Load of WebSockets: each is opened, sends one message, hears it again and is closed. */
import { delay } from "@std/async/delay";

const TIMEOUT_MS = 10_000;

/** So many, at equal gaps. Resolves with how many were answered and closed as they should. */
export async function exchanges(url: string, perSecond: number, count: number): Promise<number> {
  const startMs = performance.now();
  const all = Array.from({ length: count }, async (_, i) => {
    await delay(startMs + i * 1000 / perSecond - performance.now());
    return await exchange(url, `message ${i}`);
  });
  return (await Promise.all(all)).filter((answered) => answered).length;
}

/** Whether the message came back, and the connection was closed without an error. */
function exchange(url: string, message: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = new WebSocket(url);
  const timer = setTimeout(() => {
    resolve(false);
    socket.close();
  }, TIMEOUT_MS);
  let heard: unknown;
  socket.onopen = () => socket.send(message);
  socket.onmessage = ({ data }) => {
    heard = data;
    socket.close();
  };
  socket.onerror = (event) => event.preventDefault(); // it is closed then
  socket.onclose = ({ wasClean }) => {
    clearTimeout(timer);
    resolve(wasClean && heard === message);
  };
  return promise;
}
