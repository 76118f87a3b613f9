/** Memory that we hold and do not need: what the start and V8's compiler left behind. */
import { libc } from "./libc.ts";
import { dropUnchangedFilePages } from "./own_pages.ts";

/** From one time to the next. */
export interface Pauses {
  /** Until the first: most of it is what the start left. */
  readonly firstMs: number;
  /** V8 compiles what runs often for some minutes, and touches the pages of its compiler each time. */
  readonly againMs: number;
  /** Once a quiet time has begun or ended: what workers need then is done first. */
  readonly changeMs: number;
  /** From then on there is little to give back, and the CPU for it would be a large part of all that is used. */
  readonly seldomMs: number;
}
const PAUSES: Pauses = { firstMs: 5_000, againMs: 20_000, changeMs: 2_000, seldomMs: 600_000 };

/** V8's own, there with --expose-gc. The flavor also gives back what V8 keeps for later, such as code it rarely runs. */
type Collect = (options: { type: "major"; flavor: "last-resort" }) => void;

/** Gives back what can be had again: garbage, free memory of malloc, unchanged pages of files. Takes some 80 ms. */
export function giveBackSpareMemory(): void {
  const { gc } = globalThis as { gc?: Collect };
  gc?.({ type: "major", flavor: "last-resort" });
  libc()?.malloc_trim(0n);
  dropUnchangedFilePages();
}

/** Gives it back again and again, until it is disposed. */
export class SpareMemory implements Disposable {
  readonly #pauses: Pauses;
  #isQuiet = false;
  #givenAtMs = performance.now();
  #timer: ReturnType<typeof setTimeout>;

  constructor(pauses: Pauses = PAUSES) {
    this.#pauses = pauses;
    this.#timer = this.#after(pauses.firstMs);
  }

  /** Whether there is nothing to do: it is given back once then, and after that seldom. Called at each tick. */
  note(isQuiet: boolean): void {
    if (isQuiet === this.#isQuiet) return;
    this.#isQuiet = isQuiet;
    clearTimeout(this.#timer);
    const { againMs, changeMs } = this.#pauses;
    const dueMs = this.#givenAtMs + againMs - performance.now();
    this.#timer = this.#after(isQuiet ? changeMs : Math.max(changeMs, dueMs));
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  #after(ms: number): ReturnType<typeof setTimeout> {
    return setTimeout(() => {
      giveBackSpareMemory();
      this.#givenAtMs = performance.now();
      this.#timer = this.#after(this.#isQuiet ? this.#pauses.seldomMs : this.#pauses.againMs);
    }, ms);
  }
}
