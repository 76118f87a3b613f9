import { libc } from "../libc.ts";
import { readGiven, Whole } from "./given_file.ts";

const O_NONBLOCK = 0o4000, O_CLOEXEC = 0o2000000;
const POLLIN = 1;

/**
 * The whole of a pipe or device that a user names, within a time: one without a writer, or whose writer waits, has no end.
 * Deno waits for it without a limit, in its one thread; so does this where there is no glibc.
 * @throws Error when it has more than `mostMib`, or its time is over; what Deno throws when it cannot be read
 */
export function readGivenPipe(path: string, mostMib: number, longestMs: number): Uint8Array {
  const c = libc();
  const fd = c?.open(new TextEncoder().encode(`${path}\0`), O_NONBLOCK | O_CLOEXEC, 0) ?? -1;
  if (c === undefined || fd < 0) return readGiven(path, mostMib);
  const untilMs = performance.now() + longestMs;
  const whole = new Whole(0, mostMib);
  const events = new Int16Array(4); // struct pollfd: the descriptor in 32 bits, what is looked for, what is there
  new Int32Array(events.buffer)[0] = fd;
  events[2] = POLLIN;
  try {
    for (let count = 1; count > 0;) {
      const leftMs = Math.max(0, Math.ceil(untilMs - performance.now()));
      const ready = c.poll(new Uint8Array(events.buffer), 1n, leftMs);
      if (ready < 0) continue; // a signal came
      if (ready === 0) throw new Error(`its end has not come within ${longestMs / 1000} s`);
      const room = whole.room();
      count = Number(c.read(fd, room, BigInt(room.length)));
      if (count < 0) return readGiven(path, mostMib); // says why
      whole.add(count);
    }
    return whole.bytes;
  } finally {
    c.close(fd);
  }
}
