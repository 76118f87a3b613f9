import { DURATIONS_EVERY_MS, PRIOR_REQUESTS } from "./constants.ts";
import { BUCKETS, quantileMs, total, variationOf } from "./histogram.ts";
import { known, type Maybe } from "./sample.ts";

/** Sums over a window. */
interface Sums {
  /** Integral of the occupied slots (in flight or estimated), slot-ms. */
  readonly occupiedMs: number;
  /** Requests that came: started plus what the queue grew by. Never below 0. */
  readonly arrivals: number;
  readonly started: number;
  readonly finished: number;
  /** Service times of the finished, together. */
  readonly serviceMs: number;
  /** Integral of the queue, request-ms. */
  readonly queuedMs: number;
  /** Integral of the ready workers. */
  readonly workerMs: number;
  /** Core-ms used by ready workers, and stood in the run queue; 0 where that cannot be read. */
  readonly cpuMs: number;
  readonly cpuWaitMs: number;
  /** Worker-ms with a request in flight, or any time at all while websockets and event streams are open. */
  readonly servingMs: number;
  /** As in LoopLoad; 0 where there is no loop. */
  readonly loopBusyMs: number;
  readonly loopTicks: number;
  readonly loopLateTicks: number;
  readonly loopLateMs: number;
}

/** What is kept of one tick. */
export interface Tick extends Sums {
  readonly nowMs: number;
  /** Since the tick before. */
  readonly elapsedMs: number;
  /** Service times of the finished by latency bucket; undefined when there are none. */
  readonly durations: ArrayLike<number> | undefined;
}

/** Sums over one window. Rates and means are derived by the caller from `spanMs`. */
export interface WindowSums extends Sums {
  /** The time that they cover. */
  readonly spanMs: number;
}

/** The last ticks, newest last, long enough for the longest window. */
export class History {
  readonly #ticks: Tick[] = [];
  #keepMs: number;
  /** The last sums of durations, by window: adding up all buckets of all ticks is the costliest part of a tick. */
  readonly #durationSums = new Map<number, { readonly atMs: number; readonly counts: Float64Array }>();

  constructor(keepMs: number) {
    this.#keepMs = keepMs;
  }

  /** A window was made longer while we run: from now on this much is kept. */
  keepAtLeast(keepMs: number): void {
    this.#keepMs = Math.max(this.#keepMs, keepMs);
  }

  /** Adds the next tick, and drops those that are too old. */
  push(tick: Tick): void {
    this.#ticks.push(tick);
    const oldest = tick.nowMs - this.#keepMs;
    let drop = 0;
    while (drop < this.#ticks.length - 1 && this.#ticks[drop]!.nowMs <= oldest) drop++;
    if (drop > 0) this.#ticks.splice(0, drop);
  }

  /**
   * Sums over `windowMs`, whole ticks, at least one if there is any.
   * @param skipMs how long before now the window ends
   */
  sums(windowMs: number, skipMs = 0): WindowSums {
    const sums = {
      spanMs: 0,
      occupiedMs: 0,
      arrivals: 0,
      started: 0,
      finished: 0,
      serviceMs: 0,
      queuedMs: 0,
      workerMs: 0,
      cpuMs: 0,
      cpuWaitMs: 0,
      servingMs: 0,
      loopBusyMs: 0,
      loopTicks: 0,
      loopLateTicks: 0,
      loopLateMs: 0,
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
      sums.started += tick.started;
      sums.finished += tick.finished;
      sums.serviceMs += tick.serviceMs;
      sums.queuedMs += tick.queuedMs;
      sums.workerMs += tick.workerMs;
      sums.cpuMs += tick.cpuMs;
      sums.cpuWaitMs += tick.cpuWaitMs;
      sums.servingMs += tick.servingMs;
      sums.loopBusyMs += tick.loopBusyMs;
      sums.loopTicks += tick.loopTicks;
      sums.loopLateTicks += tick.loopLateTicks;
      sums.loopLateMs += tick.loopLateMs;
    }
    return sums;
  }

  /**
   * How unevenly requests came over the last `windowMs`: the variance over the mean of their counts in steps of so many
   * ticks, less one standard deviation of that; at least 1, as by chance alone.
   * Source: the index of dispersion, whose variance is 2 / (steps - 1) for Poisson arrivals (D. R. Cox and P. A. W. Lewis,
   * The Statistical Analysis of Series of Events, 1966).
   */
  dispersion(windowMs: number, ticksPerStep: number): number {
    let steps = 0, sum = 0, squares = 0, spanMs = 0, count = 0, ticks = 0;
    for (let i = this.#ticks.length - 1; i >= 0 && spanMs < windowMs; i--) {
      const { elapsedMs, arrivals } = this.#ticks[i]!;
      spanMs += elapsedMs;
      count += arrivals;
      if (++ticks < ticksPerStep) continue;
      steps++;
      sum += count;
      squares += count * count;
      ticks = count = 0;
    }
    if (steps < 2 || sum <= 0) return 1;
    const variance = (squares - sum * sum / steps) / (steps - 1);
    return Math.max(1, variance * steps / sum - Math.sqrt(2 / (steps - 1)));
  }

  /** How long the request that waits longest has waited at least, ms: requests are taken first in, first out. */
  oldestWaitMs(): number {
    let waitedMs = 0, started = 0;
    for (let i = this.#ticks.length - 1; i >= 0; i--) {
      const tick = this.#ticks[i]!;
      if (tick.queuedMs - started * tick.elapsedMs < tick.elapsedMs / 2) break;
      waitedMs += i === this.#ticks.length - 1 ? 0 : this.#ticks[i + 1]!.elapsedMs;
      started += tick.started;
    }
    return waitedMs;
  }

  /** The q-quantile of service times over the last `windowMs`, ms; looked at anew every 300 ms. */
  durationQuantileMs(windowMs: number, q: number): Maybe<number> {
    return quantileMs(this.#durations(windowMs), q);
  }

  /**
   * How much service times vary over the last `windowMs`: variance over squared mean, held to 1 (exponential times) by as
   * much as 20 requests would; looked at anew every 300 ms.
   */
  durationVariation(windowMs: number): number {
    const counts = this.#durations(windowMs);
    const n = total(counts);
    const seen = variationOf(counts);
    return known(seen) ? (seen * n + PRIOR_REQUESTS) / (n + PRIOR_REQUESTS) : 1;
  }

  #durations(windowMs: number): Float64Array {
    const nowMs = this.#ticks[this.#ticks.length - 1]?.nowMs ?? 0;
    const last = this.#durationSums.get(windowMs);
    if (last !== undefined && nowMs - last.atMs < DURATIONS_EVERY_MS && nowMs >= last.atMs) {
      return last.counts;
    }
    const counts = new Float64Array(BUCKETS);
    let span = 0;
    for (let i = this.#ticks.length - 1; i >= 0 && span < windowMs; i--) {
      const tick = this.#ticks[i]!;
      span += tick.elapsedMs;
      if (tick.durations === undefined) continue;
      for (let b = 0; b < BUCKETS; b++) counts[b]! += tick.durations[b] ?? 0;
    }
    this.#durationSums.set(windowMs, { atMs: nowMs, counts });
    return counts;
  }
}
