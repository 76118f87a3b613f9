/**
 * The 4 KiB files of 64-bit words that the supervisor and gunicorn share (words.py of the probe has the meaning of each
 * word). All supported machines are little-endian, as the files are.
 */

import type { WorkerKind } from "../../core/sample.ts";

/** Bytes of an arbiter file and of a slot. */
export const PAGE_BYTES = 4096;

/** Worker classes by their number in the files. */
const KINDS: readonly WorkerKind[] = [
  "unknown",
  "sync",
  "gthread",
  "gevent",
  "gevent_pywsgi",
  "eventlet",
  "tornado",
  "uvicorn",
  "asgi",
];

/** The worker class of a number in the files; "unknown" for one that this version does not know. */
export function kindOf(code: number): WorkerKind {
  return KINDS[code] ?? "unknown";
}

/** Word `i` of a page seen as 32-bit halves. Exact up to 2^53; a negative number of the writer's reads as above 1.8e19. */
export function wordAt(halves: Uint32Array, i: number): number {
  return halves[2 * i + 1]! * 4294967296 + halves[2 * i]!;
}

/** Whether word `i` holds these eight ASCII characters. */
export function hasMagic(halves: Uint32Array, i: number, magic: string): boolean {
  let low = 0, high = 0;
  for (let at = 3; at >= 0; at--) {
    low = low * 256 + magic.charCodeAt(at);
    high = high * 256 + magic.charCodeAt(at + 4);
  }
  return halves[2 * i] === low && halves[2 * i + 1] === high;
}

/** Reads the beginning of a file into `into`; false when it is shorter than that or cannot be read. */
export function readStart(file: Deno.FsFile, into: Uint8Array): boolean {
  try {
    file.seekSync(0, Deno.SeekMode.Start);
    return file.readSync(into) === into.length;
  } catch {
    return false;
  }
}
