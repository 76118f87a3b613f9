import type { Logger } from "@logtape/logtape";
import type { PolicySettings } from "../core/policy_settings.ts";
import { known, type Sample } from "../core/sample.ts";
import { milliseconds } from "../wording/format.ts";

/** Says what no decision says of sleep: how soon the client that ended one had its answer, and why there is none. */
export class SleepLog {
  #answeredWakes = 0;
  #isRefused = false;

  /** Takes in a tick. */
  note({ sleep }: Sample, { sleepAfterMs }: PolicySettings, log: Logger): void {
    if (sleep === undefined || sleepAfterMs === 0) return;
    if (!sleep.isPossible && !this.#isRefused) {
      log.warn(
        "Cannot sleep: with reuse_port no socket listens while there is no worker, leave it out or set sleep-after=0",
      );
    }
    this.#isRefused = !sleep.isPossible;
    if (sleep.wakes < this.#answeredWakes) this.#answeredWakes = 0; // another master
    if (!known(sleep.firstAnswerMs) || sleep.wakes === this.#answeredWakes) return;
    this.#answeredWakes = sleep.wakes;
    log.info("first answer {took} after the request that ended the sleep", {
      took: milliseconds(sleep.firstAnswerMs / 1000),
    });
  }
}
