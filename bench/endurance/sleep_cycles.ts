/** Falls asleep and is woken again and again, by requests that come at random about the very moment of falling asleep. */
import type { Autoscaled } from "../../tests/support/autoscaled.ts";
import { get, type Target } from "../../tests/support/http.ts";
import { workerClasses } from "../loss/loss_servers.ts";

/** The worker classes that sleep, by name. */
export const sleepyClasses = {
  ...workerClasses,
  // For gunicorn 20.1, which uvicorn_worker does not go with.
  "uvicorn.workers": { app: "asgi:app", gunicorn: ["-k", "uvicorn.workers.UvicornWorker"] },
} as const;

/** The name of one of them. */
export type SleepyClassName = keyof typeof sleepyClasses;

/** Time without a request after which it falls asleep. */
export const SLEEP_AFTER_MS = 300;
/** The autoscaler's options: short ticks, so that the moment of falling asleep is well known. */
export const SLEEPY = sleepyAfter(SLEEP_AFTER_MS);
/** Requests come at most this long before and after the moment, which is counted from the answer before. */
const BEFORE_MS = 60, AFTER_MS = 260;
const ANSWER_MS = 30_000;
/** One request in five comes too early to find a sleep. */
const MOST_REQUESTS_A_SLEEP = 5;

/** Result of some cycles. */
export interface Cycles {
  readonly requests: number;
  /** How often it fell asleep, and was woken by a request, as the log has it. */
  readonly sleeps: number;
  readonly wakes: number;
  /** Requests without an answer of 200, in words. */
  readonly failures: readonly string[];
  /** From connecting to the end of the answer, of the requests that found it asleep, ms. */
  readonly answersMs: readonly number[];
}

/** The same for another time without a request. */
export function sleepyAfter(ms: number): readonly string[] {
  const words = ["--sleep-after", String(ms / 1000), "--tick-ms", "20"];
  return [...words, "--min-workers", "1", "--max-workers", "3"];
}

/**
 * One request after the other, to one of the targets after the other, until as many sleeps as wanted were ended by one, or
 * `isStopped`. `random`: 0..1; `sleepAfterMs`: what the server was started with.
 */
export async function sleepCycles(
  server: Autoscaled,
  targets: readonly Target[],
  wanted: number,
  random: () => number,
  sleepAfterMs = SLEEP_AFTER_MS,
  isStopped = () => false,
): Promise<Cycles> {
  const failures: string[] = [], answersMs: number[] = [];
  const seen = new SleepCount(server);
  let requests = 0;
  for (; seen.look().wakes < wanted && requests < MOST_REQUESTS_A_SLEEP * wanted; requests++) {
    if (isStopped()) break;
    const waitMs = sleepAfterMs - BEFORE_MS + random() * (BEFORE_MS + AFTER_MS);
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    const isAsleep = seen.look().sleeps > seen.wakes;
    const fromMs = performance.now();
    try {
      const { status } = await get(targets[requests % targets.length]!, "/", { timeoutMs: ANSWER_MS });
      if (status !== 200) failures.push(`request ${requests}, ${waitMs.toFixed(0)} ms: ${status}`);
    } catch (error) {
      failures.push(`request ${requests}, ${waitMs.toFixed(0)} ms: ${error}`);
    }
    if (isAsleep) answersMs.push(performance.now() - fromMs);
  }
  const { sleeps, wakes } = seen.look();
  return { requests, sleeps, wakes, failures, answersMs };
}

/** Counts the sleeps in the log from now on. */
class SleepCount {
  sleeps = 0;
  wakes = 0;
  readonly #server: Autoscaled;
  #from: number;

  constructor(server: Autoscaled) {
    this.#server = server;
    this.#from = server.process.mark();
  }

  /** With what was logged since the last look. */
  look(): this {
    const { lines } = this.#server.process;
    for (; this.#from < lines.length; this.#from++) {
      const { text } = lines[this.#from]!;
      if (text.includes("asleep, 0 workers")) this.sleeps++;
      if (text.includes("woken by a request")) this.wakes++;
    }
    return this;
  }
}
