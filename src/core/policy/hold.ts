import { bootsAreLate } from "../boot_time.ts";
import {
  CALM_HOLDS,
  CALM_MS,
  FALL_HOLD_SHARE,
  HOLD_BOOTS,
  HOLD_UNKNOWN_BOOT_MS,
  MOST_BOOTS_FACTOR,
  MOST_HOLD_FACTOR,
  RETURN_HOLDS,
  RETURN_MS,
} from "../constants.ts";
import type { PolicySettings } from "../policy_settings.ts";
import type { SlidingMax } from "../sliding_max.ts";
import { type FlatHold, flatHoldMs } from "./flat_hold.ts";

/** What was learned of how long workers are worth keeping. */
export interface LearnedHold {
  /** Factor on the hold, 1..MOST_HOLD_FACTOR: doubled when load returns soon after a shrink, halved in calm. */
  readonly holdFactor: number;
  readonly holdChangedAtMs: number;
  /** The fewest workers that load has returned from since the factor was 1; Infinity for none. */
  readonly returnedFrom: number;
}

/** The target, and when it changed last, ms; -Infinity for never. */
interface Changed {
  readonly target: number;
  readonly lastUpAtMs: number;
  readonly lastDownAtMs: number;
}

/**
 * The hold: how long demand must have been lower before workers are removed, ms. Shorter after a fall that
 * chance does not explain, until load has come back after one; ten boots at least. Where a boot takes longer than a request
 * may, load that comes back is late whatever is done then: so up to forty boots.
 */
export function holdMs(
  holdFactor: number,
  settings: PolicySettings,
  bootMs: number,
  fell = false,
): number {
  const boots = HOLD_BOOTS * (bootsAreLate(bootMs, settings) ? Math.min(MOST_BOOTS_FACTOR, holdFactor) : 1);
  return Math.max(
    settings.idleMs * holdFactor * (fell ? Math.min(1, FALL_HOLD_SHARE * holdFactor) : 1),
    (bootMs > 0 ? bootMs : HOLD_UNKNOWN_BOOT_MS) * boots,
  );
}

/** How long fewer workers must have been enough by now, and how many were. */
export interface Hold {
  readonly ms: number;
  /** The most that were enough at a time during it. */
  readonly mostEnough: number;
  /** With what was learned of returning load, whether that concerns so few workers or not. */
  readonly learnedMs: number;
}

/** The hold in this tick. `flatFromMs`: since when nothing but chance is known to have moved the load. */
export function holdNow(
  state: LearnedHold & FlatHold & { readonly target: number; readonly enoughInHold: SlidingMax },
  { nowMs, settings, bootMs, fell, flatFromMs }: {
    readonly nowMs: number;
    readonly settings: PolicySettings;
    readonly bootMs: number;
    readonly fell: boolean;
    readonly flatFromMs: number;
  },
): Hold {
  const mostIn = (forMs: number) => state.enoughInHold.max(nowMs, forMs, state.target);
  const plainMs = holdMs(1, settings, bootMs, fell);
  const learnedMs = holdMs(state.holdFactor, settings, bootMs, fell);
  // Nothing was learned of fewer workers than load has ever returned from; but fewer would be later still.
  const isLearned = bootsAreLate(bootMs, settings) || mostIn(plainMs) >= state.returnedFrom;
  const ms = Math.max(isLearned ? learnedMs : plainMs, flatHoldMs(state, flatFromMs));
  return { ms, mostEnough: mostIn(ms), learnedMs };
}

/** What is learned by a growth: load that returns soon after a shrink doubles the hold. */
export function doubledOnReturn(state: LearnedHold & Changed, nowMs: number, hold: number): LearnedHold {
  const { holdFactor, holdChangedAtMs, returnedFrom, lastDownAtMs, target } = state;
  const hasReturned = nowMs - lastDownAtMs <= Math.max(RETURN_HOLDS * hold, RETURN_MS) &&
    holdChangedAtMs < lastDownAtMs;
  if (!hasReturned) return { holdFactor, holdChangedAtMs, returnedFrom };
  return {
    holdFactor: Math.min(MOST_HOLD_FACTOR, holdFactor * 2),
    holdChangedAtMs: nowMs,
    returnedFrom: Math.min(returnedFrom, target),
  };
}

/** What is learned without a growth: calm for ten holds, and a minute at least, halves the hold again. */
export function halvedWhenCalm(state: LearnedHold & Changed, nowMs: number, hold: number): LearnedHold {
  const { holdFactor, holdChangedAtMs, returnedFrom, lastUpAtMs } = state;
  const calmSinceMs = Math.max(lastUpAtMs, holdChangedAtMs);
  if (holdFactor <= 1 || nowMs - calmSinceMs < Math.max(CALM_HOLDS * hold, CALM_MS)) {
    return { holdFactor, holdChangedAtMs, returnedFrom };
  }
  const halved = Math.max(1, holdFactor / 2);
  return { holdFactor: halved, holdChangedAtMs: nowMs, returnedFrom: halved > 1 ? returnedFrom : Infinity };
}
