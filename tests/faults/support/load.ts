/** Requests at a steady pace, answered or not, until it is stopped. */
import { get } from "../../support/http.ts";
import { until } from "../../support/wait.ts";

/** A request unanswered for so long is lost; longer than a busy machine needs for anything. */
const LOST_MS = 30_000;

/** An open-loop load: a request leaves when it is due, however many are unanswered. */
export class Load implements AsyncDisposable {
  sent = 0;
  answered = 0;
  /** What became of those that were not answered with 200. */
  readonly failures: string[] = [];
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #pending = new Set<Promise<void>>();

  /** @param perSecond at most 100 */
  constructor(readonly port: number, perSecond: number, path: string) {
    this.#timer = setInterval(() => {
      const request = this.#send(path).finally(() => this.#pending.delete(request));
      this.#pending.add(request);
    }, 1000 / perSecond);
  }

  /** Waits, under load, for something to become true. */
  async until(condition: () => boolean): Promise<void> {
    await until(condition, {
      timeoutMs: LOST_MS,
      what: () => `${condition}: ${this.answered} of ${this.sent} answered, ${this.failures.slice(0, 3)}`,
    });
  }

  /** Sends no more and waits for the answers that are due. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#pending);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #send(path: string): Promise<void> {
    this.sent++;
    try {
      const { status } = await get({ port: this.port }, path, { timeoutMs: LOST_MS });
      if (status === 200) this.answered++;
      else this.failures.push(`status ${status}`);
    } catch (error) {
      this.failures.push(String(error));
    }
  }
}
