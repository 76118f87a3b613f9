import { SlidingMax } from "./sliding_max.ts";

/** The smallest of the values of the last `windowMs`, whatever window is asked for. */
export class SlidingMin {
  /** Without any value. */
  static readonly EMPTY = new SlidingMin(SlidingMax.EMPTY);
  readonly #negatives: SlidingMax;

  private constructor(negatives: SlidingMax) {
    this.#negatives = negatives;
  }

  /** One value more; `nowMs` never goes back. */
  with(nowMs: number, value: number): SlidingMin {
    return new SlidingMin(this.#negatives.with(nowMs, -value));
  }

  /** The smallest value of the window that ends now; the newest when all are older, `empty` when there is none. */
  min(nowMs: number, windowMs: number, empty: number): number {
    return -this.#negatives.max(nowMs, windowMs, -empty);
  }
}
