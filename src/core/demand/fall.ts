import { FALL_EVIDENCE_NATS, FALL_WINDOWS_MS, SECOND_MS } from "../constants.ts";
import type { History } from "../history.ts";

/**
 * Whether far fewer requests come than before: in one of three short windows fewer than the rate before the last second, over a
 * burst's window, and chance explain.
 */
export function fell(history: History, burstWindowMs: number): boolean {
  const before = history.sums(burstWindowMs, SECOND_MS);
  if (before.spanMs <= 0) return false;
  return FALL_WINDOWS_MS.some((windowMs) => {
    const { arrivals, spanMs } = history.sums(windowMs);
    return fallEvidence(arrivals, before.arrivals * spanMs / before.spanMs) >= FALL_EVIDENCE_NATS;
  });
}

/**
 * How much better a lower rate explains `came` requests than the one by which `expected` would have come, in nats: as
 * evidenceOf for a burst.
 * Example: 2 came where 12 were expected: 6.4; 4: 3.6.
 */
export function fallEvidence(came: number, expected: number): number {
  if (came >= expected) return 0;
  return expected - came - (came > 0 ? came * Math.log(expected / came) : 0);
}
