/** Waiting for a condition instead of sleeping and hoping. */
import { delay } from "@std/async/delay";

export interface UntilOptions {
  /** Give up after this long; 10 s when not given. */
  readonly timeoutMs?: number;
  /** Time between two looks; 10 ms when not given. */
  readonly everyMs?: number;
  /** What is waited for, for the error: "4 workers". May be a function, to say what was seen last. */
  readonly what: string | (() => string);
}

/**
 * Looks again and again until `condition` returns something truthy, and returns that.
 * Throws when time runs out; an error thrown by the condition ends the wait at once.
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  { timeoutMs = 10_000, everyMs = 10, what }: UntilOptions,
): Promise<Exclude<T, false | null | undefined | 0 | "">> {
  const deadline = performance.now() + timeoutMs;
  while (true) {
    const value = await condition();
    if (value) return value as Exclude<T, false | null | undefined | 0 | "">;
    if (performance.now() > deadline) {
      throw new Error(`Waited ${timeoutMs} ms for ${typeof what === "string" ? what : what()}`);
    }
    await delay(everyMs);
  }
}
