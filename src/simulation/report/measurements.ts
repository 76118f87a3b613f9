import { bucketOf, BUCKETS, quantileMs } from "../../core/histogram.ts";

/** What happened over time, one value a bin; for charts. */
export interface Timeline {
  readonly binMs: number;
  /** Requests that arrived, per second. */
  readonly offeredPerSecond: readonly number[];
  /** Processes alive and workers ready at the end of the bin; the target then. */
  readonly alive: readonly number[];
  readonly ready: readonly number[];
  readonly target: readonly number[];
  /** Mean workers with a request, or mean requests in flight, in the bin. */
  readonly busy: readonly number[];
  readonly inFlight: readonly number[];
  /** Longest accept queue (and queue inside workers) seen at a tick or at the end of the bin. */
  readonly queue: readonly number[];
  /** 95th percentile of the latencies of requests that finished in the bin, null when none did. */
  readonly p95Ms: readonly (number | null)[];
  /** Share of those within the SLO. */
  readonly within: readonly (number | null)[];
}

/** Points of the timeline: enough for a chart, few enough for a page. */
const BINS = 600;

/** Width of the timeline's bins for a load of this length, ms: whole tenths of a second. */
export function binMsOf(durationMs: number): number {
  return Math.max(100, Math.ceil(durationMs / BINS / 100) * 100);
}

/** Fine log-buckets, 64 an octave (1.1 % wide), from 1/16 ms to 2^16 ms. */
const PER_OCTAVE = 64, OCTAVES = 20, LOWEST_OCTAVE = -4;

/** Counts the outcomes of the requests. */
export class Measurements {
  offered = 0;
  answered = 0;
  within = 0;
  timedOut = 0;
  dropped = 0;
  latencySumMs = 0;
  readonly #sloMs: number;
  readonly #clientTimeoutMs: number;
  #longestMs = 0;
  readonly #latency = new Float64Array(PER_OCTAVE * OCTAVES);

  // Of the present bin of the timeline.
  #binOffered = 0;
  #binAnswered = 0;
  #binWithin = 0;
  #binQueue = 0;
  readonly #binLatency = new Float64Array(BUCKETS);
  #busyMs = 0;
  #inFlightMs = 0;
  readonly timeline: {
    -readonly [K in keyof Timeline]: Timeline[K] extends readonly (infer T)[] ? T[] : Timeline[K];
  };

  constructor(sloMs: number, clientTimeoutMs: number, binMs: number) {
    this.#sloMs = sloMs;
    this.#clientTimeoutMs = clientTimeoutMs;
    this.timeline = {
      binMs,
      offeredPerSecond: [],
      alive: [],
      ready: [],
      target: [],
      busy: [],
      inFlight: [],
      queue: [],
      p95Ms: [],
      within: [],
    };
  }

  /** A request arrived. */
  arrived(): void {
    this.offered++;
    this.#binOffered++;
  }

  /** A response after `latencyMs`. After the client's time-out it is lost. */
  finished(latencyMs: number): void {
    if (latencyMs >= this.#clientTimeoutMs) {
      this.timedOut++;
      latencyMs = this.#clientTimeoutMs;
    } else {
      this.answered++;
      if (latencyMs <= this.#sloMs) {
        this.within++;
        this.#binWithin++;
      }
    }
    this.#record(latencyMs);
  }

  /** Requests that are over, with any outcome. */
  get over(): number {
    return this.answered + this.timedOut + this.dropped;
  }

  /** The end: all that is not over now has outlived its client. */
  giveUp(): void {
    while (this.over < this.offered) this.finished(this.#clientTimeoutMs);
  }

  /** No response at all: refused until the client gave up, or its worker was killed. */
  lost(): void {
    this.dropped++;
    this.#record(this.#clientTimeoutMs);
  }

  #record(latencyMs: number): void {
    this.latencySumMs += latencyMs;
    if (latencyMs > this.#longestMs) this.#longestMs = latencyMs;
    this.#binAnswered++;
    this.#binLatency[bucketOf(latencyMs)]!++;
    const place = latencyMs > 0 ? Math.floor((Math.log2(latencyMs) - LOWEST_OCTAVE) * PER_OCTAVE) : 0;
    this.#latency[Math.max(0, Math.min(this.#latency.length - 1, place))]!++;
  }

  /** The q-quantile of all latencies, ms, within about 1 %; NaN without any. */
  quantileMs(q: number): number {
    let n = 0;
    for (const count of this.#latency) n += count;
    let below = 0;
    for (let i = 0; i < this.#latency.length; i++) {
      const count = this.#latency[i]!;
      if (count > 0 && below + count >= q * n) {
        return Math.min(this.#longestMs, 2 ** ((i + (q * n - below) / count) / PER_OCTAVE + LOWEST_OCTAVE));
      }
      below += count;
    }
    return NaN;
  }

  /** Notes the requests that wait now, in the accept queue or inside workers. */
  sawQueue(length: number): void {
    if (length > this.#binQueue) this.#binQueue = length;
  }

  /** Ends a bin. `busyMs` and `inFlightMs` are the integrals since the start. */
  closeBin(
    now: { alive: number; ready: number; target: number; queue: number; busyMs: number; inFlightMs: number },
  ): void {
    const line = this.timeline;
    this.sawQueue(now.queue);
    line.offeredPerSecond.push(this.#binOffered * 1000 / line.binMs);
    line.alive.push(now.alive);
    line.ready.push(now.ready);
    line.target.push(now.target);
    line.busy.push((now.busyMs - this.#busyMs) / line.binMs);
    line.inFlight.push((now.inFlightMs - this.#inFlightMs) / line.binMs);
    line.queue.push(this.#binQueue);
    const p95Ms = quantileMs(this.#binLatency, 0.95);
    line.p95Ms.push(p95Ms === "unknown" ? null : p95Ms);
    line.within.push(this.#binAnswered > 0 ? this.#binWithin / this.#binAnswered : null);
    this.#busyMs = now.busyMs;
    this.#inFlightMs = now.inFlightMs;
    this.#binOffered =
      this.#binAnswered =
      this.#binWithin =
      this.#binQueue =
        0;
    this.#binLatency.fill(0);
  }
}
