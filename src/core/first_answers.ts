import { known, type Sample } from "./sample.ts";

/** Finds the first answer after each sleep, once each. */
export class FirstAnswers {
  #wakes = 0;

  /** How long after the request that ended the sleep it came, ms; undefined when no answer is new with this sample. */
  next({ sleep }: Sample): number | undefined {
    if (sleep === undefined) return undefined;
    if (sleep.wakes < this.#wakes) this.#wakes = 0; // another master
    if (!known(sleep.firstAnswerMs) || sleep.wakes === this.#wakes) return undefined;
    this.#wakes = sleep.wakes;
    return sleep.firstAnswerMs;
  }
}
