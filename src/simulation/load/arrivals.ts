import type { Random } from "../server/random.ts";
import type { ServiceTime } from "./service_time.ts";

/** A stretch of time with one rate of requests. */
export interface Segment {
  readonly durationMs: number;
  readonly ratePerSecond: number;
  /** Service time in this stretch; without it, that of the scenario. */
  readonly service?: ServiceTime;
}

/** poisson: independent clients; uniform: one request every 1/rate seconds. */
export type ArrivalKind = "poisson" | "uniform";

/**
 * The times at which requests arrive. A Poisson process of varying rate is one of rate 1 on a clock that runs with
 * the rate: the next arrival is where the integral of the rate has grown by an exponential(1); uniform: by 1.
 */
export class Arrivals {
  /** Time of the next arrival, ms; Infinity after the last. */
  nextMs = 0;
  /** The segment the next arrival falls in. */
  segment = 0;
  #segments: readonly Segment[];
  #random: Random | null;
  #segmentEndMs: number;

  constructor(segments: readonly Segment[], kind: ArrivalKind, random: Random) {
    this.#segments = segments;
    this.#random = kind === "poisson" ? random : null;
    this.#segmentEndMs = segments[0]?.durationMs ?? 0;
    // Uniform: the first arrives half a gap in, so that rate x duration requests fall in a segment.
    this.#move(this.#random ? this.#random.exponential() : 0.5);
  }

  /** Goes on to the next arrival. */
  advance(): void {
    this.#move(this.#random ? this.#random.exponential() : 1);
  }

  #move(expected: number): void {
    let left = expected;
    for (;;) {
      const segment = this.#segments[this.segment];
      if (!segment) {
        this.nextMs = Infinity;
        return;
      }
      const perMs = segment.ratePerSecond / 1000;
      const room = (this.#segmentEndMs - this.nextMs) * perMs;
      if (left < room) {
        this.nextMs += left / perMs;
        return;
      }
      left -= room;
      this.nextMs = this.#segmentEndMs;
      this.segment++;
      this.#segmentEndMs += this.#segments[this.segment]?.durationMs ?? 0;
    }
  }
}

/** Length of a load, ms. */
export function durationMs(segments: readonly Segment[]): number {
  return segments.reduce((sum, segment) => sum + segment.durationMs, 0);
}

/** Requests a load brings on average. */
export function expectedRequests(segments: readonly Segment[]): number {
  return segments.reduce((sum, segment) => sum + segment.ratePerSecond * segment.durationMs / 1000, 0);
}
