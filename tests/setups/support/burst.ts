import type { Server } from "./server.ts";

/** Sends `count` requests at once, calls `look` ten times a second until all have ended, and returns how many got a 200. */
export async function untilBurstAnswered(
  server: Server,
  path: string,
  count: number,
  look: () => void,
): Promise<number> {
  const timer = setInterval(look, 100);
  try {
    const statuses = await Promise.all(Array.from({ length: count }, () => server.status(path, 60_000)));
    return statuses.filter((status) => status === 200).length;
  } finally {
    clearInterval(timer);
  }
}
