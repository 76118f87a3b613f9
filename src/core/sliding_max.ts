/** The largest of the values seen in the last `windowMs`: a monotone queue, O(1) a value on average. */
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

  /** Forgets what is older than `windowMs` and returns the largest of the rest; `empty` when nothing is left. */
  max(nowMs: number, windowMs: number, empty: number): number {
    while (this.#entries.length > 1 && this.#entries[0]!.atMs < nowMs - windowMs) this.#entries.shift();
    return this.#entries[0]?.value ?? empty;
  }
}
