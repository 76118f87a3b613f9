interface Entry {
  readonly atMs: number;
  readonly value: number;
}

/**
 * The largest of the values of the last `windowMs`, whatever window is asked for: a monotone queue. Its values fall from the
 * oldest to the newest, so it holds no more of them than there are different ones: counts of workers are few.
 */
export class SlidingMax {
  /** Without any value. */
  static readonly EMPTY = new SlidingMax([]);
  readonly #entries: readonly Entry[];

  private constructor(entries: readonly Entry[]) {
    this.#entries = entries;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** One value more; `nowMs` never goes back. */
  with(nowMs: number, value: number): SlidingMax {
    const larger = this.#entries.filter((entry) => entry.value > value);
    return new SlidingMax([...larger, { atMs: nowMs, value }]);
  }

  /** The largest value of the window that ends now; the newest when all are older, `empty` when there is none. */
  max(nowMs: number, windowMs: number, empty: number): number {
    const within = this.#entries.find(({ atMs }) => atMs >= nowMs - windowMs) ?? this.#entries.at(-1);
    return within?.value ?? empty;
  }
}
