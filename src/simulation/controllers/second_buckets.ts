/** Durations are kept to the millisecond, as the Rust program's histogram has them; longer ones count as this. */
const LONGEST_MS = 10_000;

/**
 * Finished requests by whole seconds of a program's own clock, over the last of them, with the quantiles of
 * their durations.
 */
export class SecondBuckets {
  readonly #window: number;
  readonly #buckets: { second: number; ms: number[] }[] = [];
  /** Requests of each duration in all buckets. */
  readonly #counts = new Uint32Array(LONGEST_MS + 1);
  #total = 0;

  constructor(windowSeconds: number) {
    this.#window = windowSeconds;
  }

  /** A request that finished in this second after `durationMs`. */
  record(second: number, durationMs: number): void {
    let bucket = this.#buckets.at(-1);
    if (bucket?.second !== second) this.#buckets.push(bucket = { second, ms: [] });
    const ms = Math.min(LONGEST_MS, Math.max(1, Math.round(durationMs)));
    bucket.ms.push(ms);
    this.#counts[ms]!++;
    this.#total++;
  }

  /** Drops what is older than the window, which includes the present second. */
  moveTo(second: number): void {
    while (this.#buckets.length > 0 && this.#buckets[0]!.second <= second - this.#window) {
      const { ms } = this.#buckets.shift()!;
      for (const one of ms) this.#counts[one]!--;
      this.#total -= ms.length;
    }
  }

  /** Requests per second over the whole window, as if all of the present second had passed. */
  get rps(): number {
    return this.#total / this.#window;
  }

  /** Requests per second over the last `seconds`. */
  rpsOver(seconds: number, second: number): number {
    let requests = 0;
    for (const bucket of this.#buckets) if (bucket.second > second - seconds) requests += bucket.ms.length;
    return requests / seconds;
  }

  /** The least duration that a share `q` does not exceed, ms; 0 without any. */
  quantileMs(q: number): number {
    const rank = Math.ceil(q * this.#total);
    let below = 0;
    for (let ms = 0; ms <= LONGEST_MS && rank > 0; ms++) {
      below += this.#counts[ms]!;
      if (below >= rank) return ms;
    }
    return 0;
  }
}
