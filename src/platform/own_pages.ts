/** Pages of our own program that only its start needed. */

import { libc } from "./libc.ts";

const MADV_DONTNEED = 4;

/** A part of our memory that is a file's, unchanged. */
export interface FilePages {
  readonly from: bigint;
  readonly bytes: bigint;
}

/**
 * The mappings of /proc/self/smaps that can be dropped: of a file, not writable, and without a page of our own in
 * them, in swap neither (relocations are such pages, and would be lost).
 */
export function unchangedFilePages(smaps: string): FilePages[] {
  const found: FilePages[] = [];
  for (const part of smaps.split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m)) {
    const [, from, to, file] = /^([0-9a-f]+)-([0-9a-f]+) r-[-x]p \S+ \S+ \d+ +(\/.*)$/m.exec(part) ?? [];
    if (from === undefined || file === undefined) continue;
    if (!/^Anonymous: +0 kB$/m.test(part) || /^Swap: +[1-9]/m.test(part)) continue;
    const start = BigInt(`0x${from}`);
    found.push({ from: start, bytes: BigInt(`0x${to}`) - start });
  }
  return found;
}

/** Drops our unchanged pages of files: those that are needed again come back from the kernel's page cache. */
export function dropUnchangedFilePages(): void {
  const c = libc();
  if (c === undefined) return;
  try {
    for (const { from, bytes } of unchangedFilePages(Deno.readTextFileSync("/proc/self/smaps"))) {
      c.madvise(from, bytes, MADV_DONTNEED);
    }
  } catch {
    // No smaps here: nothing is dropped.
  }
}
