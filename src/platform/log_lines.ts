import type { Write } from "./standard_streams.ts";

/** Most bytes of lines that wait for a reader; more are dropped. */
const MOST_BYTES = 256 * 1024;
/** How often waiting lines are tried again, and how soon where some were taken: the reader reads on. */
const AGAIN_MS = 100, SOON_MS = 10;
/** How long a slow reader has at the end, and the pause between two tries. */
const LAST_MS = 300, LAST_PAUSE_MS = 5;

const encoder = new TextEncoder();

/**
 * The share of the room that lines of ours take: the rest is gunicorn's, which would wait for more. Less than what an
 * UnreadLog looks for: gunicorn may log elsewhere, and never wait.
 */
const OUR_SHARE = 0.25;

/** Writes lines in order without blocking. */
export class LogLines {
  readonly #write: Write;
  readonly #dropLine: (dropped: number) => string;
  readonly #lines: Uint8Array<ArrayBuffer>[] = [];
  #bytes = 0;
  #dropped = 0;
  readonly #unreadShare: () => number;
  #timer: number | undefined;

  /** @param dropLine the line that counts dropped lines */
  constructor(write: Write, dropLine: (dropped: number) => string, unreadShare = () => 0) {
    this.#write = write;
    this.#dropLine = dropLine;
    this.#unreadShare = unreadShare;
  }

  /** Takes a line; it is written when this returns, unless the reader is slow. */
  add(line: string): void {
    this.#flush();
    const bytes = encoder.encode(`${line}\n`);
    if (this.#bytes > 0 && this.#bytes + bytes.length > MOST_BYTES) {
      this.#dropped++;
    } else {
      this.#push(bytes);
      this.#flush();
    }
    this.#tryAgain();
  }

  /** Writes what waits, before the program ends. */
  end(): void {
    const untilMs = performance.now() + LAST_MS;
    for (this.#flush(true); this.#bytes > 0 && performance.now() < untilMs; this.#flush(true)) sleep();
  }

  #push(bytes: Uint8Array<ArrayBuffer>): void {
    this.#lines.push(bytes);
    this.#bytes += bytes.length;
  }

  #flush(isLast = false): void {
    while (this.#bytes > 0) {
      if (!isLast && this.#unreadShare() >= OUR_SHARE) return;
      const first = this.#lines[0]!;
      const taken = this.#write(first);
      if (taken <= 0) return;
      this.#bytes -= taken;
      if (taken < first.length) this.#lines[0] = first.slice(taken);
      else this.#lines.shift();
    }
    if (this.#dropped === 0) return;
    const line = this.#dropLine(this.#dropped);
    this.#dropped = 0;
    this.#push(encoder.encode(`${line}\n`));
    this.#flush(isLast);
  }

  #tryAgain(afterMs = AGAIN_MS): void {
    if (this.#bytes === 0 || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const before = this.#bytes;
      this.#flush();
      this.#tryAgain(this.#bytes < before ? SOON_MS : AGAIN_MS);
    }, afterMs);
    Deno.unrefTimer(this.#timer);
  }
}

/** Timers come no more when the program ends. */
function sleep(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LAST_PAUSE_MS);
}
