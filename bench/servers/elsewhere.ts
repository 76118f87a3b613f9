/** What else than the server used the machine's CPU. */
import { machineBusyMs } from "../costs/machine_cpu.ts";
import { familyCpuMs } from "./workers.ts";

const EVERY_MS = 1_000;

/** CPU time of the machine and of the server until a moment, ms. */
export interface CpuReading {
  readonly atMs: number;
  readonly machineMs: number;
  readonly serverMs: number;
}

/**
 * Cores' worth of CPU that all but the server used between the readings, where it matters: each interval weighs
 * as much as the server computed in it. The load generator computes most when the server does.
 */
export function elsewhereCores(readings: readonly CpuReading[]): number {
  let [sum, weights] = [0, 0];
  for (const [i, to] of readings.entries()) {
    const from = readings[i - 1];
    if (from === undefined || to.atMs <= from.atMs) continue;
    const serverMs = Math.max(0, to.serverMs - from.serverMs);
    const elsewhereMs = Math.max(0, to.machineMs - from.machineMs - serverMs);
    sum += serverMs * elsewhereMs / (to.atMs - from.atMs);
    weights += serverMs;
  }
  return weights > 0 ? sum / weights : 0;
}

/** Reads both once a second until stopped. */
export class ElsewhereSampler {
  readonly #pid: number;
  readonly #readings: CpuReading[] = [];
  readonly #timer: ReturnType<typeof setInterval>;

  /** `pid` is the server's first process. */
  constructor(pid: number) {
    this.#pid = pid;
    this.#read();
    this.#timer = setInterval(() => this.#read(), EVERY_MS);
  }

  /** Ends the sampling. Returns the CPU that the server used, ms, and the cores that all else did. */
  stop(): { serverMs: number; cores: number } {
    clearInterval(this.#timer);
    this.#read();
    const [first, last] = [this.#readings[0]!, this.#readings.at(-1)!];
    return { serverMs: last.serverMs - first.serverMs, cores: elsewhereCores(this.#readings) };
  }

  #read(): void {
    this.#readings.push({
      atMs: performance.now(),
      machineMs: machineBusyMs(),
      serverMs: familyCpuMs(this.#pid),
    });
  }
}
