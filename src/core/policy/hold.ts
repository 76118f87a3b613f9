import {
  CALM_HOLDS,
  CALM_MS,
  FALL_HOLD_SHARE,
  HOLD_BOOTS,
  HOLD_UNKNOWN_BOOT_MS,
  MOST_HOLD_FACTOR,
  RETURN_HOLDS,
  RETURN_MS,
} from "../constants.ts";
import type { PolicySettings } from "../policy_settings.ts";

/** What was learned of how long workers are worth keeping. */
export interface LearnedHold {
  /** Factor on the hold, 1..MOST_HOLD_FACTOR: doubled when load returns soon after a shrink, halved in calm. */
  readonly holdFactor: number;
  readonly holdChangedAtMs: number;
}

/** When the target changed last, ms; -Infinity for never. */
interface Changed {
  readonly lastUpAtMs: number;
  readonly lastDownAtMs: number;
}

/**
 * The hold: how long demand must have been lower before workers go, ms. Shorter after a fall that chance does not explain,
 * until load has come back after one; ten boots at least, whatever was learned.
 */
export function holdMs(
  { holdFactor }: LearnedHold,
  settings: PolicySettings,
  bootMs: number,
  fell = false,
): number {
  return Math.max(
    settings.idleMs * holdFactor * (fell ? Math.min(1, FALL_HOLD_SHARE * holdFactor) : 1),
    (bootMs > 0 ? bootMs : HOLD_UNKNOWN_BOOT_MS) * HOLD_BOOTS,
  );
}

/** What is learned by a growth: load that returns soon after a shrink doubles the hold. */
export function doubledOnReturn(state: LearnedHold & Changed, nowMs: number, hold: number): LearnedHold {
  const { holdFactor, holdChangedAtMs, lastDownAtMs } = state;
  const hasReturned = nowMs - lastDownAtMs <= Math.max(RETURN_HOLDS * hold, RETURN_MS) &&
    holdChangedAtMs < lastDownAtMs;
  if (!hasReturned) return { holdFactor, holdChangedAtMs };
  return { holdFactor: Math.min(MOST_HOLD_FACTOR, holdFactor * 2), holdChangedAtMs: nowMs };
}

/** What is learned without a growth: calm for ten holds, and a minute at least, halves the hold again. */
export function halvedWhenCalm(state: LearnedHold & Changed, nowMs: number, hold: number): LearnedHold {
  const { holdFactor, holdChangedAtMs, lastUpAtMs } = state;
  const calmSinceMs = Math.max(lastUpAtMs, holdChangedAtMs);
  if (holdFactor <= 1 || nowMs - calmSinceMs < Math.max(CALM_HOLDS * hold, CALM_MS)) {
    return { holdFactor, holdChangedAtMs };
  }
  return { holdFactor: Math.max(1, holdFactor / 2), holdChangedAtMs: nowMs };
}
