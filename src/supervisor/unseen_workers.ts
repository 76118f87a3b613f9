import type { Maybe, WorkerCounts } from "../core/sample.ts";
import type { Arbiter } from "../sensors/probe/arbiter_reading.ts";
import type { SlotsReading } from "../sensors/probe/probe_slots.ts";

/** A worker's slot appears a moment after its fork; until then it does not count as a worker without one. */
const SLOT_LATE_MS = 2_000;

/** Counts workers that serve without a slot (there was no room for it, or no folder), by what the arbiter says of all. */
export class UnseenWorkers {
  #sinceMs: number | undefined;
  /** Whether a worker had a slot, and since when there are workers before that. */
  #hadSlot = false;
  #firstMs: number | undefined;

  /** All workers by what they do, these with the ready ones. `children`: the master's, where there is no slot at all. */
  counts(
    arbiter: Arbiter | undefined,
    slots: SlotsReading | undefined,
    children: readonly number[],
    nowMs: number,
  ): Maybe<WorkerCounts> {
    const target = arbiter?.confirmed ?? "unknown";
    if (slots !== undefined && slots.workers.length > 0) {
      this.#hadSlot = true;
      const unseen = this.of(arbiter, slots, nowMs);
      return { target, ...slots.counts, ready: slots.counts.ready + unseen, unseen };
    }
    if (target === 0) {
      this.#hadSlot = false; // the next worker is a first one
      this.#firstMs = undefined;
      return { target, ready: 0, booting: 0, draining: 0, oldestBootMs: 0 };
    }
    if (children.length === 0) return "unknown";
    this.#firstMs ??= nowMs;
    const bootMs = nowMs - this.#firstMs;
    if (arbiter !== undefined && !this.#hadSlot && bootMs < SLOT_LATE_MS) {
      return { target, ready: 0, booting: children.length, draining: 0, oldestBootMs: bootMs };
    }
    const unseen = arbiter === undefined ? 0 : children.length;
    return { target, ready: children.length, booting: 0, draining: 0, oldestBootMs: 0, unseen };
  }

  /** Those that have been without a slot for some time; 0 when unknown. */
  of(arbiter: Arbiter | undefined, slots: SlotsReading, nowMs: number): number {
    const staying = (arbiter?.alive ?? 0) - (arbiter?.draining ?? 0);
    const unseen = staying - slots.counts.ready - slots.counts.booting - slots.stuck;
    if (unseen <= 0) {
      this.#sinceMs = undefined;
      return 0;
    }
    this.#sinceMs ??= nowMs;
    return nowMs - this.#sinceMs >= SLOT_LATE_MS ? unseen : 0;
  }
}
