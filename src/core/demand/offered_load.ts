import {
  FALL_WINDOWS_MS,
  LEAST_RATE_TICKS,
  LOWER_SIGMAS,
  MEAN_SERVICE_REQUESTS,
  SECOND_MS,
  UPPER_SIGMAS,
} from "../constants.ts";
import type { History, WindowSums } from "../history.ts";
import type { PolicySettings } from "../policy_settings.ts";
import { known, type Maybe } from "../sample.ts";

/**
 * Mean service time: from the shortest window with enough requests, so that a change of the mix shows
 * soon; "unknown" before any request has finished.
 */
export function meanServiceMs(history: History, settings: PolicySettings): Maybe<number> {
  for (const windowMs of [SECOND_MS, settings.burstWindowMs, settings.windowMs]) {
    const sums = history.sums(windowMs);
    if (sums.finished >= MEAN_SERVICE_REQUESTS || (windowMs === settings.windowMs && sums.finished > 0)) {
      return sums.serviceMs / sums.finished;
    }
  }
  return "unknown";
}

/**
 * Slots occupied per request of a window, ms: a request that began or ended in it counts half, so that those still open
 * at either end neither lengthen nor shorten the mean. It shows requests that hang, as finished ones cannot.
 * @param least with fewer requests than this, that many are taken to have been there
 */
export function occupiedPerRequestMs(sums: WindowSums, least: number): number {
  return sums.occupiedMs / Math.max(least, (sums.started + sums.finished) / 2);
}

/**
 * Offered load in erlangs (slots needed on average): the larger of what was occupied and what arrived times its service
 * time. Occupied alone cannot exceed the slots there are; arrivals can, in an overload. For async kinds
 * everything that arrives is taken at once, so occupancy is enough.
 */
export function erlangsOf(sums: WindowSums, serviceMs: Maybe<number>, async: boolean): number {
  if (sums.spanMs <= 0) return 0;
  const occupied = sums.occupiedMs / sums.spanMs;
  if (async || !known(serviceMs)) return occupied;
  return Math.max(occupied, (sums.arrivals * serviceMs) / sums.spanMs);
}

/** The lower estimate of how many came: as many may have come by chance at a rate lower by one standard deviation. */
export function lowerCount(count: number): number {
  return count - LOWER_SIGMAS * Math.sqrt(count);
}

/** Requests that come now, per ms: the higher of the rate over a second, and a lower estimate of that of the last ticks. */
export function arrivingPerMs(history: History, elapsedMs: number): number {
  const second = history.sums(SECOND_MS);
  const latest = history.sums(LEAST_RATE_TICKS * elapsedMs);
  return Math.max(second.arrivals / second.spanMs, lowerCount(latest.arrivals) / latest.spanMs);
}

/**
 * The lower estimate of the load over a window: its mean less one standard deviation. For Poisson arrivals
 * the variance of the mean over w is about a * service / w, and never more than a.
 * Example: 6 erlangs of 100 ms over 300 ms count as 4.6; over 3 s as 5.6.
 */
export function lowerErlangs(erlangs: number, serviceMs: Maybe<number>, spanMs: number): number {
  const service = known(serviceMs) ? serviceMs : spanMs;
  return Math.max(
    0,
    erlangs - LOWER_SIGMAS * Math.sqrt(erlangs * Math.min(1, service / Math.max(spanMs, 1))),
  );
}

/**
 * The most erlangs that the last moments leave possible: where far fewer requests come than before, long averages still
 * show what was. Each of three short windows gives its count, 2.5 standard deviations and one request; the least of
 * them counts. Windows shorter than two requests do not count. A low count by chance lasts a tick, and the hold bears it.
 * Example: no request of 100 ms for 300 ms: at most 3.5 in that time, 1.2 erlangs.
 */
export function upperErlangs(history: History, serviceMs: Maybe<number>, async: boolean): number {
  if (!known(serviceMs) || serviceMs <= 0) return Infinity;
  const estimates = FALL_WINDOWS_MS.map((windowMs) => {
    const sums = history.sums(windowMs);
    if (sums.spanMs < 2 * serviceMs) return Infinity;
    const requests = (erlangsOf(sums, serviceMs, async) * sums.spanMs) / serviceMs;
    const most = requests + UPPER_SIGMAS * Math.sqrt(requests + 1) + 1;
    return (most * serviceMs) / sums.spanMs;
  });
  return Math.min(...estimates);
}
