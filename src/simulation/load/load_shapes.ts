import type { Segment } from "./arrivals.ts";

/** A curve is followed in steps of this length, or shorter ones for short loads. */
export const STEP_MS = 1000;

/** Follows rate(t) with t in ms; each step holds the rate of its middle. */
function follow(durationMs: number, rate: (ms: number) => number): Segment[] {
  const steps = Math.max(1, Math.round(durationMs / Math.min(STEP_MS, durationMs / 20)));
  const stepMs = durationMs / steps;
  return Array.from(
    { length: steps },
    (_, i) => ({ durationMs: stepMs, ratePerSecond: Math.max(0, rate((i + 0.5) * stepMs)) }),
  );
}

/** A day: a sine from `low` (at its begin) to `high` (at its middle) and back; `days` of them. */
export function diurnal(low: number, high: number, dayMs: number, days = 1): Segment[] {
  return follow(dayMs * days, (ms) => low + (high - low) * (1 - Math.cos(2 * Math.PI * ms / dayMs)) / 2);
}

/**
 * A flash crowd: `base` until `atMs`, then `peak` within two seconds, which decays with a half-life of `halfLifeMs`,
 * as visits after a mention do.
 */
export function flashCrowd(
  base: number,
  peak: number,
  durationMs: number,
  atMs: number,
  halfLifeMs: number,
): Segment[] {
  const riseMs = Math.min(2000, durationMs / 50);
  return follow(durationMs, (ms) => {
    if (ms < atMs) return base;
    if (ms < atMs + riseMs) return base + (peak - base) * (ms - atMs) / riseMs;
    return base + (peak - base) * 0.5 ** ((ms - atMs - riseMs) / halfLifeMs);
  });
}

/** Alternates between `low` and `high`, from `low` on, each change at once. */
export function onOff(
  low: number,
  high: number,
  lowMs: number,
  highMs: number,
  durationMs: number,
): Segment[] {
  const segments: Segment[] = [];
  for (let atMs = 0, on = false; atMs < durationMs; on = !on) {
    const lengthMs = Math.min(on ? highMs : lowMs, durationMs - atMs);
    segments.push({ durationMs: lengthMs, ratePerSecond: on ? high : low });
    atMs += lengthMs;
  }
  return segments;
}

/** From one rate to another in a straight line. */
export function ramp(from: number, to: number, durationMs: number): Segment[] {
  return follow(durationMs, (ms) => from + (to - from) * ms / durationMs);
}
