import type { Logger } from "@logtape/logtape";
import type { PolicySettings } from "../core/policy_settings.ts";
import type { Decision } from "../core/reason.ts";
import { known, type Sample } from "../core/sample.ts";
import { milliseconds } from "../wording/format.ts";
import { duration } from "../wording/order_words.ts";

/** Says what no decision says of sleep: how soon the client that ended one had its answer, and why there is none. */
export class SleepLog {
  #answeredWakes = 0;
  #isRefused = false;
  #isDeep = false;

  /** Takes in a tick. */
  note(
    { sleep }: Sample,
    { reason }: Decision,
    { sleepAfterMs, deepSleepAfterMs }: PolicySettings,
    log: Logger,
  ): void {
    if (sleep === undefined || sleepAfterMs === 0) return;
    if (!sleep.isPossible && !this.#isRefused) {
      log.warn(
        "Cannot sleep: with reuse_port no socket listens while there is no worker, leave it out or set sleep-after=0",
      );
    }
    this.#isRefused = !sleep.isPossible;
    const isDeep = reason.code === "asleep" && reason.isDeep;
    if (isDeep && !this.#isDeep && sleep.hasForkServer) {
      log.info("no request for {time}: the fork server ends too, the next worker imports the application", {
        time: duration(deepSleepAfterMs),
      });
    }
    this.#isDeep = isDeep;
    if (sleep.wakes < this.#answeredWakes) this.#answeredWakes = 0; // another master
    if (!known(sleep.firstAnswerMs) || sleep.wakes === this.#answeredWakes) return;
    this.#answeredWakes = sleep.wakes;
    log.info("first answer {took} after the request that ended the sleep", {
      took: milliseconds(sleep.firstAnswerMs / 1000),
    });
  }
}
