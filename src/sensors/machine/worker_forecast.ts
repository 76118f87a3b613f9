/** The memory that a new worker will take: more than that of workers that have served nothing yet. */

import { UNUSED_WORKER_BYTES } from "../../core/constants.ts";
import type { Memory } from "../../core/sample.ts";
import type { WorkerCost } from "./worker_cost.ts";

/** A worker that has served for this long, and does not grow, has what it needs, ms ... */
const USED_MS = 1_000;
/** ... and one whose first request has taken so long; without the probe, one that is ready for so long. */
const BEGUN_MS = 10_000;
/** The half-life of a worker's peak, ms: it may have been a leak, or another version. */
const HALF_LIFE_MS = 6 * 3_600_000;

/** The part of a Memory that is about workers. */
export type ExpectedMemory = Required<Pick<Memory, "workerBytes" | "isAssumed" | "reservedBytes">>;

/** The pids that have taken a request, and whether they have answered one. */
export type ServedPids = ReadonlyMap<number, boolean>;

/** Remembers the heaviest worker, over reloads too. */
export class WorkerForecast {
  #mark = 0;
  #markAtMs = 0;
  #isUsed = false;
  #isShared = false;
  /** Since when each is at its first request, and has answered one. */
  readonly #begunSinceMs = new Map<number, number>();
  readonly #servedSinceMs = new Map<number, number>();

  /**
   * Weighs these workers, the ready ones.
   * @param served the pids that have taken a request, and whether they have answered one; undefined where unknown
   */
  read(
    workers: readonly WorkerCost[],
    served: ServedPids | undefined,
    nowMs: number,
  ): ExpectedMemory {
    this.#follow(workers, served, nowMs);
    const isShared = workers.some((worker) => worker.isShared);
    if (workers.length > 0 && isShared !== this.#isShared) this.#mark = 0;
    this.#isShared = isShared;
    let heaviest = 0, heaviestNow = 0;
    for (const worker of workers) {
      if (worker.addedBytes === "unknown") continue;
      heaviestNow = Math.max(heaviestNow, worker.addedBytes);
      const kept = worker.keptBytes(nowMs);
      if (kept === "unknown") continue;
      // The peak of one request does not count.
      heaviest = Math.max(heaviest, kept);
      if (this.#isSettled(worker, served, nowMs)) this.#isUsed = true;
    }
    const faded = this.#mark * 2 ** (-(nowMs - this.#markAtMs) / HALF_LIFE_MS);
    this.#mark = Math.max(heaviest, faded);
    this.#markAtMs = nowMs;
    const seen = Math.max(this.#mark, heaviestNow);
    if (seen === 0) return { workerBytes: "unknown", isAssumed: !this.#isUsed, reservedBytes: "unknown" };
    const workerBytes = this.#isUsed ? seen : Math.max(seen, UNUSED_WORKER_BYTES);
    let reservedBytes = 0;
    for (const worker of workers) {
      if (this.#isSettled(worker, served, nowMs)) continue;
      reservedBytes += Math.max(0, workerBytes - (worker.addedBytes === "unknown" ? 0 : worker.addedBytes));
    }
    return { workerBytes, isAssumed: !this.#isUsed, reservedBytes };
  }

  #follow(workers: readonly WorkerCost[], served: ServedPids | undefined, nowMs: number): void {
    const alive = new Set(workers.map(({ pid }) => pid));
    for (const since of [this.#begunSinceMs, this.#servedSinceMs]) {
      for (const pid of since.keys()) if (!alive.has(pid)) since.delete(pid);
    }
    for (const [pid, hasAnswered] of served ?? []) {
      if (!this.#begunSinceMs.has(pid)) this.#begunSinceMs.set(pid, nowMs);
      if (hasAnswered && !this.#servedSinceMs.has(pid)) this.#servedSinceMs.set(pid, nowMs);
    }
  }

  #isSettled(worker: WorkerCost, served: ServedPids | undefined, nowMs: number): boolean {
    if (worker.isGrowing(nowMs)) return false;
    if (served === undefined) return worker.ageMs(nowMs) >= BEGUN_MS;
    return nowMs - (this.#servedSinceMs.get(worker.pid) ?? Infinity) >= USED_MS ||
      nowMs - (this.#begunSinceMs.get(worker.pid) ?? Infinity) >= BEGUN_MS;
  }
}
