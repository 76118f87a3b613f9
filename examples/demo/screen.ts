/** The demo's output: redrawn in place on a terminal, line after line anywhere else. */
import { picture, seconds, type ViewOptions } from "./view.ts";
import type { Watch } from "./watch.ts";

/** Time between two plain lines. */
const PLAIN_EVERY_MS = 2_000;

export interface Screen {
  /** Shows the state at `atMs`. */
  show(watch: Watch, atMs: number): void;
  /** Leaves the last picture where it is. */
  close(): void;
}

/** Redraws the picture over itself. */
export class Terminal implements Screen {
  #height = 0;

  constructor(readonly options: ViewOptions) {
    print("\x1b[?25l"); // no cursor meanwhile
  }

  show(watch: Watch, atMs: number): void {
    const lines = picture(watch, atMs, this.options);
    const up = this.#height > 0 ? `\x1b[${this.#height}A` : "";
    print(`${up}\r${lines.map((line) => `${line}\x1b[K\n`).join("")}`);
    this.#height = lines.length;
  }

  close(): void {
    print("\x1b[?25h");
  }
}

/** For pipes and files: the figures every two seconds, each decision as it comes. */
export class PlainLines implements Screen {
  #shownMs = 0;
  #decisions = 0;

  show(watch: Watch, atMs: number): void {
    for (const { atMs, text } of watch.decisions.slice(this.#decisions)) print(`${seconds(atMs)}  ${text}\n`);
    this.#decisions = watch.decisions.length;
    if (atMs - this.#shownMs < PLAIN_EVERY_MS) return;
    this.#shownMs = atMs;
    const rate = watch.rates(atMs).at(-2) ?? 0;
    const p95 = watch.p95s(atMs).findLast((ms) => ms > 0) ?? 0;
    const workers = watch.workerCounts(atMs).at(-1) ?? 0;
    print(
      `${seconds(atMs)}  ${rate.toFixed(0).padStart(4)} requests/s, ${
        String(workers).padStart(2)
      } workers, p95 ${p95.toFixed(0)} ms\n`,
    );
  }

  close(): void {}
}

export function print(text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let done = 0; done < bytes.length;) done += Deno.stdout.writeSync(bytes.subarray(done));
}
