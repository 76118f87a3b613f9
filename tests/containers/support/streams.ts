/** Requests that go on while a server is stopped: what it has in service must be answered. */
import { Connection, type Target } from "../../support/http.ts";

/** A request that got no answer. */
export interface Lost {
  /** performance.now() when it was sent. */
  readonly sentMs: number;
  /** The status, or what went wrong. */
  readonly how: string;
}

/** How the requests ended. */
export interface Counts {
  answered: number;
  /** The server no longer listened, and had not accepted them. */
  refused: number;
  /** Connected, but not answered with 200. */
  readonly lost: Lost[];
}

/** Requests on connections of their own, one every `everyMs`, until `stop`. */
export class RequestStream {
  readonly counts: Counts = { answered: 0, refused: 0, lost: [] };
  readonly #all: Promise<void>[] = [];
  readonly #timer: number;

  constructor(readonly target: Target, readonly path: string, everyMs: number) {
    this.#timer = setInterval(() => this.#all.push(this.#one()), everyMs);
  }

  /** Sends no more, and waits for what was sent. */
  async stop(): Promise<Counts> {
    clearInterval(this.#timer);
    await Promise.all(this.#all);
    return this.counts;
  }

  async #one(): Promise<void> {
    const sentMs = performance.now();
    let connection: Connection;
    try {
      connection = await Connection.open(this.target);
    } catch {
      this.counts.refused++;
      return;
    }
    try {
      const { status } = await connection.get(this.path, {
        timeoutMs: 40_000,
        headers: { Connection: "close" },
      });
      if (status === 200) this.counts.answered++;
      else this.counts.lost.push({ sentMs, how: String(status) });
    } catch (error) {
      this.counts.lost.push({ sentMs, how: String(error) });
    } finally {
      await connection[Symbol.asyncDispose]();
    }
  }
}
