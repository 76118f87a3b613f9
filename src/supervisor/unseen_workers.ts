import type { Maybe, WorkerCounts } from "../core/sample.ts";
import type { Arbiter } from "../sensors/probe/arbiter_reading.ts";
import type { SlotsReading } from "../sensors/probe/probe_slots.ts";

/** A worker's slot appears a moment after its fork; until then it does not count as a worker without one. */
const SLOT_LATE_MS = 2_000;

/** Counts workers that serve without a slot (there was no room for it, or no folder), by what the arbiter says of all. */
export class UnseenWorkers {
  #sinceMs: number | undefined;
  /** When each of the master's children was first seen; -Infinity where it had a slot. */
  readonly #firstMs = new Map<number, number>();

  /** All workers by what they do, these with the ready ones. `children`: the master's, where there is no slot at all. */
  counts(
    arbiter: Arbiter | undefined,
    slots: SlotsReading | undefined,
    children: readonly number[],
    nowMs: number,
  ): Maybe<WorkerCounts> {
    const target = arbiter?.confirmed ?? "unknown";
    const areSlots = slots !== undefined && slots.workers.length > 0;
    this.#follow(children, areSlots ? -Infinity : nowMs);
    if (areSlots) {
      const unseen = this.of(arbiter, slots, nowMs);
      return { target, ...slots.counts, ready: slots.counts.ready + unseen, unseen };
    }
    if (target === 0) return { target, ready: 0, booting: 0, draining: 0, oldestBootMs: 0 };
    if (children.length === 0) return "unknown";
    const booting = arbiter === undefined ? [] : this.#young(nowMs);
    const ready = children.length - booting.length;
    return {
      target,
      ready,
      booting: booting.length,
      draining: 0,
      oldestBootMs: Math.max(0, ...booting),
      unseen: arbiter === undefined ? 0 : ready,
    };
  }

  #follow(children: readonly number[], firstMs: number): void {
    for (const pid of this.#firstMs.keys()) if (!children.includes(pid)) this.#firstMs.delete(pid);
    for (const pid of children) this.#firstMs.set(pid, Math.min(firstMs, this.#firstMs.get(pid) ?? Infinity));
  }

  /** Ages of the children that may be about to get a slot, ms. */
  #young(nowMs: number): number[] {
    return [...this.#firstMs.values()].map((firstMs) => nowMs - firstMs).filter((ms) => ms < SLOT_LATE_MS);
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
