import { known, type Maybe, type SleepReading } from "../../core/sample.ts";
import type { Arbiter } from "./arbiter_reading.ts";
import type { SlotsReading } from "./probe_slots.ts";

/** How gunicorn's master wakes from a sleep, and how soon the client that woke it has its answer. */
export class WakeReader {
  #wakes = 0;
  #wokenNs: number | undefined;
  #firstAnswerMs: Maybe<number> = "unknown";

  /** Once a tick, with what was read in it; undefined while the master has written nothing. `nowNs`: CLOCK_MONOTONIC. */
  read(
    arbiter: Pick<Arbiter, "sleep" | "forkServer"> | undefined,
    slots: SlotsReading | undefined,
    nowNs: number,
  ): SleepReading | undefined {
    if (arbiter === undefined || slots === undefined) return undefined;
    const { wakes, wokenNs, isPossible } = arbiter.sleep;
    if (wakes !== this.#wakes) {
      this.#wakes = wakes;
      this.#wokenNs = wakes === 0 ? undefined : wokenNs;
      this.#firstAnswerMs = "unknown";
    }
    if (this.#wokenNs !== undefined && known(slots.load) && slots.load.finished > 0) {
      this.#firstAnswerMs = firstAnswerMs(this.#wokenNs, slots, nowNs);
      this.#wokenNs = undefined;
    }
    const hasForkServer = arbiter.forkServer.state === "ready";
    return { isPossible, wakes, hasForkServer, firstAnswerMs: this.#firstAnswerMs };
  }
}

/**
 * The first request waited until a worker was ready, and then took its service time. Where a worker that still drained
 * served it, it has ended by now.
 */
function firstAnswerMs(wokenNs: number, { load, workers }: SlotsReading, nowNs: number): number {
  const sinceMs = Math.max(0, nowNs - wokenNs) / 1e6;
  const ready = workers.map((worker) => worker.readyNs).filter((ns) => ns >= wokenNs);
  if (ready.length === 0 || !known(load)) return sinceMs;
  return Math.min(sinceMs, (Math.min(...ready) - wokenNs) / 1e6 + load.serviceMs / load.finished);
}
