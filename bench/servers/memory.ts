/** The memory of a server under load: PSS of all its processes, times the time they had it. */
import { descendants } from "../../tests/support/processes.ts";

const EVERY_MS = 1_000;

/** PSS of a process and all it started, MB: a page that several share counts once. */
export function familyPssMb(pid: number): number {
  return [pid, ...descendants(pid).map((one) => one.pid)].reduce((sum, one) => sum + pssMb(one), 0);
}

function pssMb(pid: number): number {
  try {
    const text = Deno.readTextFileSync(`/proc/${pid}/smaps_rollup`);
    return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) * 1024 / 1e6;
  } catch {
    return 0; // it ended meanwhile
  }
}

/** Reads it once a second (1-2 ms a process) until stopped. */
export class MemorySampler {
  readonly #readings: number[] = [];
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(pid: number) {
    const read = () => void this.#readings.push(familyPssMb(pid));
    read();
    this.#timer = setInterval(read, EVERY_MS);
  }

  /** Ends the sampling; MB·s over `seconds`. */
  stop(seconds: number): number {
    clearInterval(this.#timer);
    return seconds * this.#readings.reduce((sum, mb) => sum + mb, 0) / this.#readings.length;
  }
}
