/** Falls asleep and is woken again and again, by requests that come at random about the very moment of falling asleep. */
import type { Autoscaled } from "../../tests/support/autoscaled.ts";
import { get, type Target } from "../../tests/support/http.ts";

/** Time without a request after which it falls asleep. */
export const SLEEP_AFTER_MS = 300;
/** The autoscaler's options: short ticks, so that the moment of falling asleep is well known. */
export const SLEEPY = [
  "--sleep-after",
  String(SLEEP_AFTER_MS / 1000),
  "--tick-ms",
  "20",
  "--min-workers",
  "1",
  "--max-workers",
  "3",
];
/** Requests come at most this long before and after the moment, which is counted from the answer before. */
const BEFORE_MS = 60, AFTER_MS = 260;
const ANSWER_MS = 30_000;

/** Result of some cycles. */
export interface Cycles {
  readonly cycles: number;
  /** How often it fell asleep, and was woken by a request, as the log has it. */
  readonly sleeps: number;
  readonly wakes: number;
  /** Requests without an answer of 200, in words. */
  readonly failures: readonly string[];
  /** From connecting to the end of the answer, of the requests that found it asleep or falling asleep, ms. */
  readonly answersMs: readonly number[];
}

/** One request a cycle, to one of the targets after the other. `random`: 0..1. */
export async function sleepCycles(
  server: Autoscaled,
  targets: readonly Target[],
  cycles: number,
  random: () => number,
): Promise<Cycles> {
  const failures: string[] = [], answersMs: number[] = [];
  const before = sleepsOf(server);
  for (let i = 0; i < cycles; i++) {
    const waitMs = SLEEP_AFTER_MS - BEFORE_MS + random() * (BEFORE_MS + AFTER_MS);
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    const sleeps = sleepsOf(server).sleeps;
    const fromMs = performance.now();
    try {
      const { status } = await get(targets[i % targets.length]!, "/", { timeoutMs: ANSWER_MS });
      if (status !== 200) failures.push(`cycle ${i}, ${waitMs.toFixed(0)} ms: ${status}`);
    } catch (error) {
      failures.push(`cycle ${i}, ${waitMs.toFixed(0)} ms: ${error}`);
    }
    if (sleepsOf(server).sleeps > before.sleeps && sleeps > 0) answersMs.push(performance.now() - fromMs);
  }
  const after = sleepsOf(server);
  return {
    cycles,
    sleeps: after.sleeps - before.sleeps,
    wakes: after.wakes - before.wakes,
    failures,
    answersMs,
  };
}

function sleepsOf(server: Autoscaled) {
  const log = server.process.text("stderr");
  const times = (pattern: RegExp) => log.match(pattern)?.length ?? 0;
  return { sleeps: times(/asleep, 0 workers/g), wakes: times(/woken by a request/g) };
}
