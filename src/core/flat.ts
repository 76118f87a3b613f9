import {
  FLAT_END_NATS,
  FLAT_LEAST_MS,
  FLAT_LEAST_SERVICES,
  FLAT_LEAST_TIMES_MS,
  FLAT_LEAST_VARIATION,
  FLAT_LOOP_SHARE,
} from "./constants.ts";
import type { Tick, WindowSums } from "./history.ts";

/** What is counted of a stretch of time. */
type Counts = Pick<WindowSums, "spanMs" | "arrivals" | "finished" | "serviceMs">;

/** The time in which nothing but chance has moved the load. */
export interface Flat {
  /** When it was seen to have begun. */
  readonly sinceMs: number;
  readonly sums: Counts;
}

/** How requests vary by chance. */
export interface Chance {
  /** Variance of the service times over their squared mean. */
  readonly variation: number;
  /** Requests share an event loop, and so wait for each other. */
  readonly isAsync: boolean;
}

/** A load that changes now; `sums`: what is known of the new one. */
export function flatFrom(
  nowMs: number,
  { spanMs, arrivals, finished, serviceMs }: Counts = { spanMs: 0, arrivals: 0, finished: 0, serviceMs: 0 },
): Flat {
  return { sinceMs: nowMs, sums: { spanMs, arrivals, finished, serviceMs } };
}

/** One tick later: a window that differs from the time before it by more than chance explains begins a new load. */
export function nextFlat(flat: Flat, tick: Tick, windows: readonly Counts[], chance: Chance): Flat {
  const { sums } = flat;
  const all: Counts = {
    spanMs: sums.spanMs + tick.elapsedMs,
    arrivals: sums.arrivals + tick.arrivals,
    finished: sums.finished + tick.finished,
    serviceMs: sums.serviceMs + tick.serviceMs,
  };
  const changed = windows.find((window) => changeEvidence(all, window, chance) >= FLAT_END_NATS);
  return changed === undefined ? { sinceMs: flat.sinceMs, sums: all } : flatFrom(tick.nowMs, changed);
}

/**
 * From when on what happened to workers tells something of this load, ms: after 5 s of it, or two requests if these
 * are longer.
 */
export function flatKnownFromMs({ sinceMs, sums }: Flat): number {
  const serviceMs = sums.finished > 0 ? sums.serviceMs / sums.finished : 0;
  return sinceMs + Math.max(FLAT_LEAST_MS, FLAT_LEAST_SERVICES * serviceMs);
}

/**
 * How much better two rates, or two mean service times, explain the window and what came before it than one does, in nats.
 * Nothing is said before the window is at most half of all.
 * Example: 30 requests in 3 s after 600 in 30 s (18.2/s in all): 30 ln(30 / 54.5) + 600 ln(600 / 545.5) = 39.3.
 */
export function changeEvidence(all: Counts, window: Counts, { variation, isAsync }: Chance): number {
  const spanMs = all.spanMs - window.spanMs;
  if (spanMs < window.spanMs) return 0;
  const perMs = all.arrivals / all.spanMs;
  const rates = nats(window.arrivals, perMs * window.spanMs) +
    nats(all.arrivals - window.arrivals, perMs * spanMs);
  const finished = all.finished - window.finished;
  const hasTimes = window.finished > 0 && finished > 0 && all.serviceMs > 0;
  if (window.spanMs < FLAT_LEAST_TIMES_MS || !hasTimes) return rates;
  // Of gamma distributed times, which are exponential where they vary by 1: a few long ones make no other mean.
  const meanMs = all.serviceMs / all.finished;
  const longer = nats(window.finished, window.serviceMs / meanMs) +
    nats(finished, (all.serviceMs - window.serviceMs) / meanMs);
  const times = longer / Math.max(FLAT_LEAST_VARIATION, variation);
  return Math.max(rates, isAsync ? times * FLAT_LOOP_SHARE : times);
}

function nats(came: number, expected: number): number {
  return came > 0 ? came * Math.log(came / expected) : 0;
}
