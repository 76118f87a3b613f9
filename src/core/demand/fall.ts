import { FALL_EVIDENCE_NATS, FALL_WINDOWS_MS, SECOND_MS } from "../constants.ts";
import type { History } from "../history.ts";
import type { Observed } from "./observed.ts";
import { erlangsOf, lowerErlangs } from "./offered_load.ts";

/**
 * Whether far fewer requests come than before: in one of three short windows fewer than the rate before the
 * last second, over a burst's window, and chance explain.
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

/**
 * The load that fewer workers must bear: that of the burst window where it is lower than before by more than chance
 * explains, else the higher of the burst and the stable window's. Of the former, as much of a standard deviation is taken
 * off as requests are even: all of it where chance alone moves their number. Counted in requests of the time before, so
 * that shorter ones are a fall too.
 * Example: after 6.4 erlangs of 100 ms, 5.4 over 3 s are 162 requests' where 192 were expected, 2.5 nats: chance.
 */
export function lastingErlangs(
  { history, settings, recent, recentErlangs, stable, serviceMs, unevenness }: Observed,
): number {
  const before = history.sums(settings.windowMs - recent.spanMs, recent.spanMs);
  if (before.finished <= 0) return recentErlangs;
  const beforeMs = before.serviceMs / before.finished;
  const requests = (erlangs: number) => erlangs * recent.spanMs / beforeMs;
  const expected = requests(erlangsOf(before, beforeMs, false));
  const hasFallen = fallEvidence(requests(recentErlangs), expected) >= FALL_EVIDENCE_NATS;
  if (hasFallen) return recentErlangs;
  const chance = recentErlangs - lowerErlangs(recentErlangs, serviceMs, recent.spanMs);
  return Math.max(recentErlangs - 2 * (1 - unevenness) * chance, erlangsOf(stable, serviceMs, false));
}
