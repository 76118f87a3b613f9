import type { Decision } from "../../core/reason.ts";
import type { Sample } from "../../core/sample.ts";
import { headerLine, type RecordingHeader, tickLine } from "./recording.ts";

/** Lines are handed to the kernel when this many characters have come together, or a second has passed. */
const CHUNK = 64 * 1024;
const FLUSH_MS = 1000;

/**
 * Writes each tick of a live run to a file as JSON lines. When the file is full it becomes FILE.1, FILE.1 becomes
 * FILE.2, and so on to FILE.`keep`; the oldest is deleted. Each file begins with the header. Throws what Deno throws when
 * the file cannot be written; the caller continues the run without its recording.
 */
export class RecordingWriter {
  readonly #path: string;
  readonly #header: string;
  readonly #maxBytes: number;
  readonly #keep: number;
  readonly #encoder = new TextEncoder();
  #file: Deno.FsFile;
  #bytes: number;
  #pending = "";
  #flushedMs = -Infinity;

  /** About 60 MB an hour at ten ticks a second: the default keeps the last six hours or so. */
  constructor(path: string, header: RecordingHeader, options: { maxBytes?: number; keep?: number } = {}) {
    this.#path = path;
    this.#header = headerLine(header);
    this.#maxBytes = options.maxBytes ?? 64 * 2 ** 20;
    this.#keep = options.keep ?? 5;
    this.#file = openRecording(path);
    this.#bytes = this.#file.statSync().size;
    if (this.#bytes === 0) this.#pending = this.#header;
    else if (isCutOff(path, this.#bytes)) this.#pending = "\n" + this.#header; // the header says that a line was cut off
  }

  /** Records one tick; it is in the file within a second. */
  write(sample: Sample, decision: Decision): void {
    this.#pending += tickLine(sample, decision);
    if (this.#pending.length >= CHUNK || sample.nowMs - this.#flushedMs >= FLUSH_MS) {
      this.flush();
      this.#flushedMs = sample.nowMs;
    }
  }

  /** Writes what is pending. */
  flush(): void {
    if (this.#pending === "") return;
    const bytes = this.#encoder.encode(this.#pending);
    if (this.#bytes > 0 && this.#bytes + bytes.length > this.#maxBytes) this.#rotate();
    for (let written = 0; written < bytes.length;) written += this.#file.writeSync(bytes.subarray(written));
    this.#bytes += bytes.length;
    this.#pending = "";
  }

  /** Writes what is pending and closes the file, also when it cannot be written. */
  close(): void {
    try {
      this.flush();
    } finally {
      this.abandon();
    }
  }

  /** Closes the file without what is pending. */
  abandon(): void {
    try {
      this.#file.close();
    } catch {
      // It was closed to be renamed.
    }
  }

  #rotate(): void {
    this.#file.close();
    for (let i = this.#keep; i >= 1; i--) {
      const from = i === 1 ? this.#path : `${this.#path}.${i - 1}`;
      try {
        Deno.renameSync(from, `${this.#path}.${i}`);
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
    this.#file = Deno.openSync(this.#path, { create: true, write: true, truncate: true });
    const header = this.#encoder.encode(this.#header);
    this.#file.writeSync(header);
    this.#bytes = header.length;
  }
}

/**
 * Opens a file to be written on. Not a pipe: opening one waits for a reader, and a reader that is slow holds up decisions.
 * Standard output is gunicorn's.
 */
export function openRecording(path: string): Deno.FsFile {
  if (path === "-") throw new Error("standard output is gunicorn's");
  let isPipe = false;
  try {
    isPipe = Deno.statSync(path).isFifo === true;
  } catch {
    // It is made below, or the reason it cannot be is told there.
  }
  if (isPipe) throw new Error("it is a pipe");
  return Deno.openSync(path, { create: true, append: true, write: true });
}

const NEWLINE = 10;

/** Whether the last line of a file has no end: the machine or its disk ended while it was written. */
function isCutOff(path: string, bytes: number): boolean {
  const last = new Uint8Array(1);
  try {
    using file = Deno.openSync(path, { read: true });
    file.seekSync(bytes - 1, Deno.SeekMode.Start);
    return file.readSync(last) === 1 && last[0] !== NEWLINE;
  } catch {
    return false; // It may be written and not read.
  }
}
