/** From the running totals of a slot to what happened since the last look, within what is physically possible. */

import { BUCKETS } from "../../core/histogram.ts";
import type { Load, LoopLoad } from "../../core/sample.ts";
import { LoopMeter } from "./loop_meter.ts";
import {
  BUSY_NS,
  FAILED,
  FINISHED,
  IN_FLIGHT_NS,
  inFlightOf,
  LAST_CHANGE_NS,
  type Look,
  SERVICE_BUCKETS,
  SERVICE_NS,
  SLOT_WORDS,
  type SlotHead,
  STARTED,
  WAIT_BUCKETS,
} from "./slot.ts";

/** Bucket counts that a look adds to. */
export interface DurationCounts {
  readonly service: Float64Array;
  readonly wait: Float64Array;
}

/** What one worker did since the last look; the interval still open is part of its served and busy time. */
export type SlotDelta =
  & Pick<
    Load,
    "inFlightMs" | "busyMs" | "started" | "finished" | "failed" | "serviceMs"
  >
  & {
    /** Undefined for a worker without an event loop. */
    readonly loop: LoopLoad | undefined;
  };

/** No Python server takes or ends more requests a second in one process. */
const MOST_REQUESTS_PER_SECOND = 1_000_000;
/** Times may be ahead of what is possible by so much before they are taken for a jump and not for late clock readings. */
const SLACK_NS = 1e9;
/** Buckets are counted a moment after `finished`; so many may come in the next look. */
const LATE_BUCKETS = 1_000;

/** Remembers where a worker's totals stood at the last look. */
export class SlotMeter {
  readonly #words: Float64Array;
  readonly #loop: LoopMeter;
  #busyNs: number;
  #inFlightNs: number;
  #inFlight: number;
  #atNs: number;

  /**
   * @param words where the worker stands now, SLOT_WORDS numbers
   * @param sinceBoot count what it did since its boot as new (a worker forked since the last look)
   */
  constructor(words: Float64Array, head: SlotHead, nowNs: number, sinceBoot: boolean) {
    this.#words = sinceBoot ? new Float64Array(SLOT_WORDS) : words.slice();
    this.#busyNs = sinceBoot ? 0 : busyAt(words, head, nowNs);
    this.#inFlightNs = sinceBoot ? 0 : inFlightAt(words, head, nowNs);
    this.#inFlight = sinceBoot ? 0 : inFlightOf(words, head);
    this.#atNs = sinceBoot ? head.bootNs : nowNs;
    this.#loop = new LoopMeter(words, head, nowNs, sinceBoot);
  }

  /**
   * What happened from the last look to this one; undefined when the counters went backwards or leapt, which no meter
   * does: then they are only noted, and the next look starts from them.
   */
  advance(words: Float64Array, head: SlotHead, look: Look, counts: DurationCounts): SlotDelta | undefined {
    const { nowNs, isGone } = look;
    const before = this.#words;
    const elapsedNs = Math.max(0, nowNs - this.#atNs);
    const started = words[STARTED]! - before[STARTED]!;
    const finished = words[FINISHED]! - before[FINISHED]!;
    const failed = words[FAILED]! - before[FAILED]!;
    const serviceNs = words[SERVICE_NS]! - before[SERVICE_NS]!;
    const most = (MOST_REQUESTS_PER_SECOND * (elapsedNs + SLACK_NS)) / 1e9;
    const possible = [started, finished, failed].every((n) => n >= 0 && n <= most) && serviceNs >= 0 &&
      serviceNs <= finished * (nowNs + SLACK_NS - head.bootNs);

    const busyNs = isGone ? words[BUSY_NS]! : busyAt(words, head, nowNs);
    const inFlightNs = isGone ? words[IN_FLIGHT_NS]! : inFlightAt(words, head, nowNs);
    const busy = within(busyNs - this.#busyNs, elapsedNs, SLACK_NS);
    const inFlight = inFlightOf(words, head);
    const mostAtOnce = Math.max(this.#inFlight, inFlight) + Math.max(0, started);
    const served = within(inFlightNs - this.#inFlightNs, elapsedNs * mostAtOnce, SLACK_NS * (mostAtOnce + 1));
    // What was cut off because a clock was read late is not lost: it is in the next look.
    this.#busyNs = busy === undefined ? busyNs : this.#busyNs + busy;
    this.#inFlightNs = served === undefined ? inFlightNs : this.#inFlightNs + served;
    this.#inFlight = inFlight;
    this.#atNs = nowNs;
    const loop = this.#loop.advance(words, head, look, elapsedNs / 1e6);
    const believed = possible && busy !== undefined && served !== undefined;
    if (believed) {
      addBuckets(words, before, SERVICE_BUCKETS, finished + LATE_BUCKETS, counts.service);
      addBuckets(words, before, WAIT_BUCKETS, started + LATE_BUCKETS, counts.wait);
    }
    before.set(words);
    if (!believed) return undefined;
    return {
      inFlightMs: served / 1e6,
      busyMs: busy / 1e6,
      started,
      finished,
      failed: Math.min(failed, finished + LATE_BUCKETS),
      serviceMs: serviceNs / 1e6,
      loop,
    };
  }
}

/**
 * A growth cut to 0..most. Undefined when it is off by more than the slack, to either side.
 * Example: a worker took its time 2 ms before it stored it; we had counted those 2 ms as busy, and now find 2 ms less.
 */
function within(growth: number, most: number, slack: number): number | undefined {
  if (growth < -slack || growth > most + slack) return undefined;
  return Math.min(most, Math.max(0, growth));
}

/** Busy time up to now: with anything in flight, the time since the last change is busy too. */
function busyAt(words: Float64Array, head: SlotHead, nowNs: number): number {
  return words[BUSY_NS]! + (inFlightOf(words, head) > 0 ? openNs(words, nowNs) : 0);
}

function inFlightAt(words: Float64Array, head: SlotHead, nowNs: number): number {
  return words[IN_FLIGHT_NS]! + inFlightOf(words, head) * openNs(words, nowNs);
}

function openNs(words: Float64Array, nowNs: number): number {
  return Math.max(0, nowNs - words[LAST_CHANGE_NS]!);
}

/** Adds the growth of 64 buckets, unless one shrank or they grew by more than `most` together. */
function addBuckets(
  words: Float64Array,
  before: Float64Array,
  from: number,
  most: number,
  into: Float64Array,
): void {
  let sum = 0;
  for (let i = from; i < from + BUCKETS; i++) {
    const growth = words[i]! - before[i]!;
    if (growth < 0) return;
    sum += growth;
  }
  if (sum === 0 || sum > most) return;
  for (let i = 0; i < BUCKETS; i++) into[i]! += words[from + i]! - before[from + i]!;
}
