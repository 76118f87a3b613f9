/** Memory that we hold and do not need: what the start and V8's compiler left behind. */
import { libc } from "./libc.ts";
import { dropUnchangedFilePages } from "./own_pages.ts";

/** Most of it is what the start left. */
const FIRST_MS = 5_000;
/** V8 compiles what runs often for some minutes, and touches the pages of its compiler each time. */
const AGAIN_MS = 20_000;
/** In a quiet time there is little to give back, and the CPU for it would be a fifth of all that is used. */
const QUIET_ROUNDS = 30;

/** V8's own, there with --expose-gc. The flavor also gives back what V8 keeps for later, such as code it rarely runs. */
type Collect = (options: { type: "major"; flavor: "last-resort" }) => void;

/** Gives back what can be had again: garbage, free memory of malloc, unchanged pages of files. Takes some 80 ms. */
export function giveBackSpareMemory(): void {
  const { gc } = globalThis as { gc?: Collect };
  gc?.({ type: "major", flavor: "last-resort" });
  libc()?.malloc_trim(0n);
  dropUnchangedFilePages();
}

/**
 * Gives it back some seconds from now, and again and again, until what is returned is disposed. While `isQuiet`, once, and
 * then seldom.
 */
export function keepMemorySmall(
  isQuiet: () => boolean,
  firstMs = FIRST_MS,
  againMs = AGAIN_MS,
): Disposable {
  let quietRounds = 0;
  const again = () => {
    quietRounds = isQuiet() ? quietRounds + 1 : 0;
    if (quietRounds === 0 || quietRounds % QUIET_ROUNDS === 1) giveBackSpareMemory();
  };
  let timer = setTimeout(() => {
    giveBackSpareMemory();
    timer = setInterval(again, againMs);
  }, firstMs);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
