/** Memory that we hold and do not need: what the start and V8's compiler left behind. */
import { libc } from "./libc.ts";
import { dropUnchangedFilePages } from "./own_pages.ts";

/** Most of it is what the start left. */
const FIRST_MS = 5_000;
/** V8 compiles what runs often for some minutes, and touches the pages of its compiler each time. */
const AGAIN_MS = 30_000;

/** V8's own, there with --expose-gc. */
type Collect = (options: { type: "major" }) => void;

/** Gives back what can be had again: garbage, free memory of malloc, unchanged pages of files. Takes some 20 ms. */
export function giveBackSpareMemory(): void {
  const { gc } = globalThis as { gc?: Collect };
  gc?.({ type: "major" });
  libc()?.malloc_trim(0n);
  dropUnchangedFilePages();
}

/** Gives it back some seconds from now, and again and again, until what is returned is disposed. */
export function keepMemorySmall(firstMs = FIRST_MS, againMs = AGAIN_MS): Disposable {
  let timer = setTimeout(() => {
    giveBackSpareMemory();
    timer = setInterval(giveBackSpareMemory, againMs);
  }, firstMs);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
