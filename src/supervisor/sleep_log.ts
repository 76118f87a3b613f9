import type { Logger } from "@logtape/logtape";
import { FirstAnswers } from "../core/first_answers.ts";
import type { PolicySettings } from "../core/policy_settings.ts";
import type { Decision } from "../core/reason.ts";
import { known, type Sample } from "../core/sample.ts";
import { duration, milliseconds } from "../wording/format.ts";

/** So long what sleep must know has to be unknown to be logged: a boot or a reload is over by then. */
const UNKNOWN_MS = 10_000;

/** Says what no decision says of sleep: how soon the client that ended one had its answer, and why there is none. */
export class SleepLog {
  readonly #firstAnswers = new FirstAnswers();
  #isRefused = false;
  #isDeep = false;
  #wakes = 0;
  /** Whether the last wake has brought no request yet. */
  #isIdle = false;
  #wasServing = false;
  #isIdleLogged = false;
  #unknownSinceMs: number | undefined;
  #isUnknownLogged = false;

  /** Takes in a tick. */
  note(
    sample: Sample,
    { reason, action }: Decision,
    { sleepAfterMs, deepSleepAfterMs }: PolicySettings,
    log: Logger,
  ): void {
    const { sleep } = sample;
    if (sleep === undefined || sleepAfterMs === 0) return;
    this.#noteUnknown(sample, log);
    if (!sleep.isPossible && !this.#isRefused) {
      log.warn(
        "Cannot sleep: with reuse_port no socket listens while there is no worker, leave it out or set sleep-after=0",
      );
    }
    this.#isRefused = !sleep.isPossible;
    this.#noteWake(sample, sleep.wakes);
    if (this.#isIdle && !this.#isIdleLogged && reason.code === "asleep" && action === "shrink") {
      this.#isIdleLogged = true;
      log.warn(
        "woken by a connection without a request: a health check that only connects wakes it each time, point it at " +
          "--status-addr",
      );
    }
    const isDeep = reason.code === "asleep" && reason.isDeep;
    if (isDeep && !this.#isDeep && sleep.hasForkServer) {
      log.info("no request for {time}: the fork server ends too, the next worker imports the application", {
        time: duration(deepSleepAfterMs),
      });
    }
    this.#isDeep = isDeep;
    const answerMs = this.#firstAnswers.next(sample);
    if (answerMs === undefined) return;
    log.info("first answer {took} after the request that ended the sleep", { took: milliseconds(answerMs) });
  }

  #noteWake({ load }: Sample, wakes: number): void {
    if (wakes !== this.#wakes) {
      this.#wakes = wakes;
      this.#isIdle = wakes > 0;
      this.#wasServing = false;
    }
    // A worker that has ended since the last tick may have answered one.
    const isAsked = known(load) ? load.started + load.finished + load.inFlight > 0 : this.#wasServing;
    this.#isIdle &&= !isAsked;
    this.#wasServing ||= known(load);
  }

  #noteUnknown(sample: Sample, log: Logger): void {
    const what = unknownOf(sample);
    if (what === undefined) {
      this.#unknownSinceMs = undefined;
      this.#isUnknownLogged = false;
      return;
    }
    this.#unknownSinceMs ??= sample.nowMs;
    if (this.#isUnknownLogged || sample.nowMs - this.#unknownSinceMs < UNKNOWN_MS) return;
    this.#isUnknownLogged = true;
    log.warn("Cannot sleep: {what}, set sleep-after=0", { what });
  }
}

/** What sleep must know and nothing tells; undefined while workers boot, of which little is known. */
function unknownOf({ workers, load, queue }: Sample): string | undefined {
  if (!known(workers) || workers.ready === 0 || workers.booting > 0) return undefined;
  if (!known(queue)) return "the accept queue cannot be read";
  if (!known(load) || load.coverage < 1) return "the requests of this worker class cannot be counted";
  return undefined;
}
