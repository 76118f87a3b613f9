import { BUCKETS, quantileMs } from "./histogram.ts";
import { type Maybe } from "./sample.ts";

/** What is kept of one tick, already reduced to sums. "unknown" parts stay unknown. */
export interface Tick {
  readonly nowMs: number;
  readonly elapsedMs: number;
  /** Integral of the occupied slots (in flight or estimated), slot-ms. */
  readonly occupiedMs: number;
  /** Requests that came: started plus what the queue grew by. Never below 0. */
  readonly arrivals: number;
  readonly finished: number;
  readonly serviceMs: number;
  /** Integral of the queue, request-ms. */
  readonly queuedMs: number;
  readonly workerMs: number;
  /** Core-ms used by ready workers, and stood in the run queue. */
  readonly cpuMs: number;
  readonly cpuWaitMs: number;
  readonly durations: ArrayLike<number> | undefined;
}

/** Sums over one window. Rates and means are derived by the caller from `spanMs`. */
export interface WindowSums {
  readonly spanMs: number;
  readonly occupiedMs: number;
  readonly arrivals: number;
  readonly finished: number;
  readonly serviceMs: number;
  readonly queuedMs: number;
  readonly workerMs: number;
  readonly cpuMs: number;
  readonly cpuWaitMs: number;
}

const QUANTILE_MS = 300;

/** The last ticks, newest last, long enough for the longest window. */
export class History {
  readonly #ticks: Tick[] = [];
  #keepMs: number;
  /** The last quantiles, by window: adding up all buckets of all ticks is the dearest thing a tick does. */
  readonly #quantiles = new Map<number, { readonly atMs: number; readonly value: Maybe<number> }>();

  constructor(keepMs: number) {
    this.#keepMs = keepMs;
  }

  /** A window was made longer while we run: from now on this much is kept. */
  keepAtLeast(keepMs: number): void {
    this.#keepMs = Math.max(this.#keepMs, keepMs);
  }

  push(tick: Tick): void {
    this.#ticks.push(tick);
    const oldest = tick.nowMs - this.#keepMs;
    let drop = 0;
    while (drop < this.#ticks.length - 1 && this.#ticks[drop]!.nowMs <= oldest) drop++;
    if (drop > 0) this.#ticks.splice(0, drop);
  }

  /** Time covered so far, at most what is kept. */
  get spanMs(): number {
    return this.#ticks.reduce((sum, tick) => sum + tick.elapsedMs, 0);
  }

  /** Sums over the last `windowMs`, whole ticks, at least the newest one. */
  sums(windowMs: number, skipMs = 0): WindowSums {
    const sums = {
      spanMs: 0,
      occupiedMs: 0,
      arrivals: 0,
      finished: 0,
      serviceMs: 0,
      queuedMs: 0,
      workerMs: 0,
      cpuMs: 0,
      cpuWaitMs: 0,
    };
    let skipped = 0;
    for (let i = this.#ticks.length - 1; i >= 0; i--) {
      const tick = this.#ticks[i]!;
      if (skipped < skipMs) {
        skipped += tick.elapsedMs;
        continue;
      }
      // Half a tick of slack: a window of 300 ms is three ticks of 100 ms also when timers came 2 ms late.
      if (sums.spanMs > 0 && sums.spanMs + tick.elapsedMs / 2 > windowMs) break;
      sums.spanMs += tick.elapsedMs;
      sums.occupiedMs += tick.occupiedMs;
      sums.arrivals += tick.arrivals;
      sums.finished += tick.finished;
      sums.serviceMs += tick.serviceMs;
      sums.queuedMs += tick.queuedMs;
      sums.workerMs += tick.workerMs;
      sums.cpuMs += tick.cpuMs;
      sums.cpuWaitMs += tick.cpuWaitMs;
    }
    return sums;
  }

  /** The q-quantile of service times over the last `windowMs`, ms; looked at anew every 300 ms. */
  durationQuantileMs(windowMs: number, q: number): Maybe<number> {
    const nowMs = this.#ticks[this.#ticks.length - 1]?.nowMs ?? 0;
    const key = windowMs + q;
    const last = this.#quantiles.get(key);
    if (last !== undefined && nowMs - last.atMs < QUANTILE_MS && nowMs >= last.atMs) return last.value;
    const value = this.#quantile(windowMs, q);
    this.#quantiles.set(key, { atMs: nowMs, value });
    return value;
  }

  #quantile(windowMs: number, q: number): Maybe<number> {
    const counts = new Float64Array(BUCKETS);
    let span = 0;
    for (let i = this.#ticks.length - 1; i >= 0 && span < windowMs; i--) {
      const tick = this.#ticks[i]!;
      span += tick.elapsedMs;
      if (tick.durations === undefined) continue;
      for (let b = 0; b < BUCKETS; b++) counts[b]! += tick.durations[b] ?? 0;
    }
    return quantileMs(counts, q);
  }
}
