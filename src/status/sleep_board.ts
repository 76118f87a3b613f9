import { FirstAnswers } from "../core/first_answers.ts";
import { bucketOf, BUCKETS } from "../core/histogram.ts";
import type { Decision } from "../core/reason.ts";
import { known, type Maybe, type Sample } from "../core/sample.ts";
import { duration, milliseconds } from "../wording/format.ts";
import type { SleepReport } from "./status_types.ts";

/** Sleeps since the start, collected tick by tick. */
export class SleepBoard {
  /** Sleeps that a request, or a signal from outside, has ended. */
  wakeUps = 0;
  /** From the request that ended a sleep to its answer: counts by latency bucket, and their sum, s. */
  readonly firstAnswers = new Float64Array(BUCKETS);
  firstAnswerSeconds = 0;
  readonly #firstAnswers = new FirstAnswers();
  #lastMs: Maybe<number> = "unknown";
  #asleepMs: number | undefined;
  #hasForkServer = false;
  #isWaking = false;
  #afterMs = 0;

  /** Takes in one tick. `sleepAfterMs`: the setting. */
  note(sample: Sample, { reason }: Decision, sleepAfterMs: number): void {
    const { sleep, workers, boots } = sample;
    this.#afterMs = sleepAfterMs;
    this.#hasForkServer = sleep?.hasForkServer ?? false;
    this.#asleepMs = reason.code === "asleep" ? reason.forMs : undefined;
    this.#isWaking ||= reason.code === "woken";
    const isServed = known(workers) && workers.ready > 0;
    if (isServed || (known(boots) && boots.failures > 0)) this.#isWaking = false;
    if (reason.code === "woken" && reason.by === "request") this.wakeUps++;
    const answerMs = this.#firstAnswers.next(sample);
    if (answerMs === undefined) return;
    this.#lastMs = answerMs;
    this.firstAnswers[bucketOf(answerMs)]!++;
    this.firstAnswerSeconds += answerMs / 1000;
  }

  /** Whether the next client is served: it is asleep, or the first worker after a sleep boots and none has failed to. */
  get servesNext(): boolean {
    return this.isAsleep || this.#isWaking;
  }

  /** Whether there is no worker until a request comes. */
  get isAsleep(): boolean {
    return this.#asleepMs !== undefined;
  }

  /** `wallMs`: Unix ms of the last tick. */
  report(wallMs: number): SleepReport {
    const ms = this.#asleepMs;
    return {
      asleepSince: ms === undefined ? "unknown" : new Date(wallMs - ms).toISOString(),
      depth: ms === undefined ? "unknown" : this.#hasForkServer ? "light" : "deep",
      wakeUps: this.wakeUps,
      lastFirstAnswerSeconds: known(this.#lastMs) ? this.#lastMs / 1000 : "unknown",
      text: this.#text(wallMs),
    };
  }

  #text(wallMs: number): string {
    const ms = this.#asleepMs;
    if (this.#afterMs === 0 && this.wakeUps === 0 && ms === undefined) return "";
    const now = ms !== undefined
      ? `asleep since ${new Date(wallMs - ms).toISOString().slice(0, 16).replace("T", " ")} UTC${
        this.#hasForkServer ? ", the fork server is ready" : ""
      }`
      : this.#afterMs === 0
      ? "off"
      : `awake; sleeps after ${duration(this.#afterMs)} without a request`;
    const times = this.wakeUps === 1 ? "once" : `${this.wakeUps} times`;
    const answer = known(this.#lastMs) ? `, first answer after ${milliseconds(this.#lastMs)}` : "";
    return this.wakeUps === 0 ? `${now}; not woken yet` : `${now}; woken ${times}${answer}`;
  }
}
