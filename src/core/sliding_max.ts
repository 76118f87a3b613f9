/**
 * The largest of the values seen in the last `windowMs`, whatever window is asked for: a monotone queue. Its values fall
 * from the oldest to the newest, so it holds no more of them than there are different ones: counts of workers are few.
 */
export class SlidingMax {
  readonly #entries: { atMs: number; value: number }[] = [];

  /** Nothing was pushed yet. */
  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** Takes a value in; `nowMs` never goes back. */
  push(nowMs: number, value: number): void {
    while (this.#entries.length > 0 && this.#entries[this.#entries.length - 1]!.value <= value) {
      this.#entries.pop();
    }
    this.#entries.push({ atMs: nowMs, value });
  }

  /** The largest value of the window that ends now; the newest when all are older, `empty` when there is none. */
  max(nowMs: number, windowMs: number, empty: number): number {
    const within = this.#entries.find(({ atMs }) => atMs >= nowMs - windowMs) ?? this.#entries.at(-1);
    return within?.value ?? empty;
  }
}
