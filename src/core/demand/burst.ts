import {
  BURST_OVER_SHARE,
  BURST_WINDOW_TICKS,
  LEAST_BURST_REQUESTS,
  LEAST_EVIDENCE_NATS,
  LEAST_EXPECTED_REQUESTS,
  LEAST_WINDOW_SHARE,
  SECOND_MS,
} from "../constants.ts";
import type { History, WindowSums } from "../history.ts";
import { lowerCount, lowerErlangs, occupiedPerRequestMs } from "./offered_load.ts";
import type { PolicySettings } from "../policy_settings.ts";
import { known, type Maybe, type Sample } from "../sample.ts";

/**
 * The window that shows a burst most clearly now, if any does: in it more came than the stable rate and chance explain.
 * That is the longest one that lies within the burst, so its rate is the best known; a shorter one shows little more than
 * chance. Not looked for in windows longer than the stable one, in those whose burst is over by now, and
 * in those much shorter than a request, which do not show how many are served at once.
 */
export function burstIn(
  history: History,
  sample: Sample,
  settings: PolicySettings,
  serviceMs: Maybe<number>,
): WindowSums | undefined {
  if (!settings.burstEnabled) return undefined;
  const stable = history.sums(settings.windowMs);
  let clearest: WindowSums | undefined, most = LEAST_EVIDENCE_NATS;
  for (const sums of windowsOf(history, sample, settings, stable)) {
    if (known(serviceMs) && sums.spanMs < serviceMs * LEAST_WINDOW_SHARE) continue;
    const base = baseRps(history, stable, sums, settings);
    const rps = rpsOf(sums);
    if (rps < settings.burstMinRps || rps - base < settings.burstRpsJump) continue;
    const evidence = evidenceOf(sums.arrivals, (base * sums.spanMs) / SECOND_MS);
    if (evidence < most) continue;
    most = evidence;
    clearest = sums;
  }
  return clearest;
}

/**
 * How much better a rate of its own explains `came` requests than the rate by which `expected` would have come: the log
 * of the ratio of both Poisson likelihoods, came * ln(came / expected) - (came - expected), in nats.
 * Example: 8 came where 1.5 were expected: 6.9; 9: 8.6.
 */
export function evidenceOf(came: number, expected: number): number {
  const base = Math.max(expected, LEAST_EXPECTED_REQUESTS);
  return came > base ? came * Math.log(came / base) - (came - base) : 0;
}

function windowsOf(
  history: History,
  sample: Sample,
  settings: PolicySettings,
  stable: WindowSums,
): WindowSums[] {
  const fast = BURST_WINDOW_TICKS.map((ticks) => ticks * sample.elapsedMs).filter((ms) => ms < SECOND_MS);
  const nowRps = rpsOf(history.sums(SECOND_MS));
  return [...fast, SECOND_MS, settings.burstWindowMs]
    .map((windowMs) => history.sums(windowMs))
    .filter((sums) =>
      sums.spanMs <= stable.spanMs && (sums.spanMs <= SECOND_MS || nowRps >= rpsOf(sums) * BURST_OVER_SHARE)
    );
}

/** The rate that a window is held against: the stable one, or what came just before it where that is more already. */
function baseRps(history: History, stable: WindowSums, sums: WindowSums, settings: PolicySettings): number {
  const before = history.sums(settings.burstWindowMs - sums.spanMs, sums.spanMs);
  return Math.max(rpsOf(stable), sums.spanMs < settings.burstWindowMs ? rpsOf(before) : 0);
}

/** Requests per second over a window. */
export function rpsOf(sums: WindowSums): number {
  return sums.spanMs > 0 ? (sums.arrivals * 1000) / sums.spanMs : 0;
}

/**
 * Erlangs of a burst: the lower estimate of arrivals times their service time. In the first moments the
 * requests that have finished are those from before; slots occupied per request shows sooner that service has
 * become longer.
 */
export function burstErlangs(sums: WindowSums, serviceMs: Maybe<number>): number {
  const arrivals = lowerCount(sums.arrivals);
  const longest = Math.max(
    known(serviceMs) ? serviceMs : 0,
    occupiedPerRequestMs(sums, LEAST_BURST_REQUESTS),
  );
  return Math.max(
    (arrivals * longest) / sums.spanMs,
    lowerErlangs(sums.occupiedMs / sums.spanMs, serviceMs, sums.spanMs),
  );
}

/**
 * Cores that a burst's arrivals need, at the recent CPU time of a request. What has piled up asks for
 * nothing more: importing an application costs CPU, and workers that boot for a queue starve those that serve it.
 */
export function burstCores(sums: WindowSums, stable: WindowSums, serviceMs: Maybe<number>): number {
  if (stable.finished <= 0) return 0;
  // CPU is read late: when a burst leaves the window its CPU may still count while its requests do not. But no request
  // computes longer than it takes.
  const cpuMs = Math.min(stable.cpuMs / stable.finished, known(serviceMs) ? serviceMs : Infinity);
  const arrivals = lowerCount(sums.arrivals);
  return (arrivals * cpuMs) / sums.spanMs;
}
