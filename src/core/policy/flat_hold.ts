import { FLAT_HOLD_FACTOR, FLAT_HOLD_MS, FLAT_STEP_SHARE, MOST_FLAT_HOLD_MS } from "../constants.ts";

/** What was learned of shrinks in a flat load. */
export interface FlatHold {
  /** Shrinks that were taken back by a growth in this load. */
  readonly flatReturns: number;
  /** When the last of them was; -Infinity for never. */
  readonly flatReturnAtMs: number;
}

/** Nothing was taken back. */
export const NO_RETURN: FlatHold = { flatReturns: 0, flatReturnAtMs: -Infinity };

/**
 * What is learned by a growth: after a shrink in the same flat load it was chance that let fewer workers seem enough.
 * @param knownFromMs since when the load is known to be flat
 */
export function takenBack(
  { flatReturns, flatReturnAtMs, lastDownAtMs }: FlatHold & { readonly lastDownAtMs: number },
  nowMs: number,
  knownFromMs: number,
): FlatHold {
  if (lastDownAtMs < knownFromMs || flatReturnAtMs > lastDownAtMs) return { flatReturns, flatReturnAtMs };
  return { flatReturns: (flatReturnAtMs >= knownFromMs ? flatReturns : 0) + 1, flatReturnAtMs: nowMs };
}

/**
 * How long fewer workers must be enough where nothing but chance moves the load, ms; 0 before a shrink was taken
 * back, and after a change.
 * Example: 30 s after the first shrink that was taken back, then 90 s and 270 s.
 */
export function flatHoldMs({ flatReturns, flatReturnAtMs }: FlatHold, knownFromMs: number): number {
  if (flatReturns === 0 || flatReturnAtMs < knownFromMs) return 0;
  return Math.min(MOST_FLAT_HOLD_MS, FLAT_HOLD_MS * FLAT_HOLD_FACTOR ** (flatReturns - 1));
}

/**
 * The fewest workers that come or go at once: in a load that only chance moves a few of many are not worth a change.
 * Example: 1 of 23, 2 of 24, 4 of 64.
 */
export function leastStep(target: number, nowMs: number, knownFromMs: number): number {
  return nowMs < knownFromMs ? 1 : Math.max(1, Math.round(FLAT_STEP_SHARE * target));
}
