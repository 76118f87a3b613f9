/** Adds the workers' slots up to the Load of a sample. */

import { BUCKETS } from "../../core/histogram.ts";
import type { Load, LoopLoad, Maybe } from "../../core/sample.ts";
import {
  BUSY_THREADS,
  inFlightOf,
  INNER_QUEUE,
  loopLagMs,
  type SlotHead,
  STREAMS,
  WEBSOCKETS,
} from "./slot.ts";
import type { SlotFile } from "./slot_file.ts";
import type { SlotDelta } from "./slot_meter.ts";

/** The sums of one reading: a new one for each. */
export class LoadSums {
  readonly service = new Float64Array(BUCKETS);
  readonly wait = new Float64Array(BUCKETS);
  /** Slots that could be read. */
  slots = 0;
  #inFlightMs = 0;
  #busyMs = 0;
  #started = 0;
  #finished = 0;
  #failed = 0;
  #serviceMs = 0;
  #inFlight = 0;
  #innerQueue = 0;
  #busyThreads = 0;
  #websockets = 0;
  #streams = 0;
  #streamWorkers = 0;
  #loopLagMs: Maybe<number> = "unknown";
  #loop: Maybe<LoopLoad> = "unknown";

  /** What a worker did since the previous read. */
  add(slot: SlotFile, delta: SlotDelta | undefined): void {
    if (slot.credible) this.slots++;
    if (delta === undefined) return;
    this.#inFlightMs += delta.inFlightMs;
    this.#busyMs += delta.busyMs;
    this.#started += delta.started;
    this.#finished += delta.finished;
    this.#failed += delta.failed;
    this.#serviceMs += delta.serviceMs;
    if (delta.loop !== undefined) this.#loop = added(this.#loop, delta.loop);
  }

  /** What a worker is doing now. */
  addGauges(slot: SlotFile, head: SlotHead, nowNs: number): void {
    if (!slot.credible) return;
    this.#inFlight += inFlightOf(slot.words, head);
    this.#busyThreads += head.kind === "gthread" ? Math.min(head.slots, slot.words[BUSY_THREADS]!) : 0;
    this.#innerQueue += head.kind === "gthread" ? slot.words[INNER_QUEUE]! : 0;
    this.#websockets += slot.words[WEBSOCKETS]!;
    this.#streams += slot.words[STREAMS]!;
    if (head.state === "ready" && slot.words[WEBSOCKETS]! + slot.words[STREAMS]! > 0) this.#streamWorkers++;
    const lagMs = loopLagMs(slot.words, head, nowNs);
    if (lagMs === "unknown") return;
    this.#loopLagMs = this.#loopLagMs === "unknown" ? lagMs : Math.max(this.#loopLagMs, lagMs);
  }

  /** The sums as a Load. `coverage`: see there. */
  load(coverage: number): Load {
    return {
      inFlight: this.#inFlight,
      inFlightMs: this.#inFlightMs,
      busyMs: this.#busyMs,
      started: this.#started,
      finished: this.#finished,
      failed: this.#failed,
      serviceMs: this.#serviceMs,
      innerQueue: this.#innerQueue,
      busyThreads: this.#busyThreads,
      service: this.service,
      wait: this.wait,
      websockets: this.#websockets,
      streams: this.#streams,
      streamWorkers: this.#streamWorkers,
      loopLagMs: this.#loopLagMs,
      loop: this.#loop,
      coverage,
    };
  }
}

function added(sum: Maybe<LoopLoad>, more: LoopLoad): LoopLoad {
  if (sum === "unknown") return more;
  return {
    busyMs: sum.busyMs + more.busyMs,
    ticks: sum.ticks + more.ticks,
    lateTicks: sum.lateTicks + more.lateTicks,
    lateMs: sum.lateMs + more.lateMs,
  };
}
