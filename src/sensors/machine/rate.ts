/** The growth of a counter over about the last second, however often it is read. */

interface Point {
  readonly ms: number;
  readonly total: number;
}

/** One counter, by its readings. */
export class Rate {
  readonly #windowMs: number;
  readonly #points: Point[] = [];

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** Notes where the counter stands. A counter that went back has started anew: what was before no longer counts. */
  note(total: number, nowMs: number): void {
    const last = this.#points.at(-1);
    if (last !== undefined && total < last.total) this.#points.length = 0;
    this.#points.push({ ms: nowMs, total });
    // The first point is the newest that is at least a window old, so that the window is covered.
    while (this.#points.length > 2 && this.#points[1]!.ms <= nowMs - this.#windowMs) this.#points.shift();
  }

  /** Growth per ms over `spanMs`; 0 before there are two readings. */
  get perMs(): number {
    const first = this.#points[0];
    const last = this.#points.at(-1);
    return first === undefined || last === undefined || last.ms <= first.ms
      ? 0
      : (last.total - first.total) / (last.ms - first.ms);
  }

  /** The time between the readings that `perMs` is made of. */
  get spanMs(): number {
    return this.#points.length < 2 ? 0 : this.#points.at(-1)!.ms - this.#points[0]!.ms;
  }

  /** When it was read last; -Infinity before. */
  get readAtMs(): number {
    return this.#points.at(-1)?.ms ?? -Infinity;
  }
}
