import type { History, WindowSums } from "./history.ts";
import type { PolicySettings } from "./policy_settings.ts";
import { known, type Maybe } from "./sample.ts";

const SECOND_MS = 1_000;
/** Load is believed less this many standard deviations: noise asks for nothing. */
export const PROOF_SIGMAS = 1;

/**
 * Mean service time: from the shortest window that has seen enough requests to tell, so that a change of the mix shows
 * soon; "unknown" before any request has finished.
 */
export function meanServiceMs(history: History, settings: PolicySettings): Maybe<number> {
  for (const windowMs of [SECOND_MS, settings.burstWindowMs, settings.windowMs]) {
    const sums = history.sums(windowMs);
    if (sums.finished >= 8 || (windowMs === settings.windowMs && sums.finished > 0)) {
      return sums.serviceMs / sums.finished;
    }
  }
  return "unknown";
}

/**
 * Offered load in erlangs (slots needed on average): the larger of what was occupied and what arrived times its service
 * time. Occupied alone cannot exceed the slots there are; arrivals can, and tell during overload. For async kinds
 * everything that arrives is taken at once, so occupancy is enough.
 */
export function erlangsOf(sums: WindowSums, serviceMs: Maybe<number>, async: boolean): number {
  if (sums.spanMs <= 0) return 0;
  const occupied = sums.occupiedMs / sums.spanMs;
  if (async || !known(serviceMs)) return occupied;
  return Math.max(occupied, (sums.arrivals * serviceMs) / sums.spanMs);
}

/**
 * The load that a window proves: its mean less one standard deviation. For Poisson arrivals the variance of the mean over
 * w is about a * service / w, and never more than a.
 * Example: 6 erlangs of 100 ms over 300 ms prove 4.6; over 3 s they prove 5.6.
 */
export function proven(erlangs: number, serviceMs: Maybe<number>, spanMs: number): number {
  const service = known(serviceMs) ? serviceMs : spanMs;
  return Math.max(
    0,
    erlangs - PROOF_SIGMAS * Math.sqrt(erlangs * Math.min(1, service / Math.max(spanMs, 1))),
  );
}
