import type { History, WindowSums } from "./history.ts";
import { PROOF_SIGMAS, proven } from "./offered_load.ts";
import type { PolicySettings } from "./policy_settings.ts";
import { known, type Maybe, type Sample } from "./sample.ts";

const SECOND_MS = 1_000;
/** Windows in which a burst is looked for, in ticks; the setting's own window and one second are added. */
const FAST_TICKS = [1, 2, 3];
/**
 * A window is a burst when its arrivals exceed what the stable rate brings by this many standard deviations and two
 * requests: a Poisson stream of constant rate does that about once in an hour.
 */
const JUMP_SIGMAS = 3.5;
const JUMP_SLACK = 2;

/**
 * The windows that show a burst now: in which more came than the stable rate and chance explain. Not looked for in those
 * longer than the stable window, in those whose burst is over by now, and in those much shorter than a request, which say
 * little about how many will be served at once.
 */
export function burstsIn(
  history: History,
  sample: Sample,
  settings: PolicySettings,
  serviceMs: Maybe<number>,
): WindowSums[] {
  if (!settings.burstEnabled) return [];
  const stable = history.sums(settings.windowMs);
  return windowsOf(history, sample, settings, stable).filter((sums) =>
    (!known(serviceMs) || sums.spanMs >= serviceMs / 2) &&
    jumped(sums, baseRps(history, stable, sums, settings), settings)
  );
}

function windowsOf(
  history: History,
  sample: Sample,
  settings: PolicySettings,
  stable: WindowSums,
): WindowSums[] {
  const fast = FAST_TICKS.map((ticks) => ticks * sample.elapsedMs).filter((ms) => ms < SECOND_MS);
  const nowRps = rpsOf(history.sums(SECOND_MS));
  return [...fast, SECOND_MS, settings.burstWindowMs]
    .map((windowMs) => history.sums(windowMs))
    .filter((sums) =>
      sums.spanMs <= stable.spanMs && (sums.spanMs <= SECOND_MS || nowRps >= rpsOf(sums) / 2)
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

/** Whether more came in a window than its base rate and chance explain, by at least the jump that counts as a burst. */
function jumped(sums: WindowSums, base: number, settings: PolicySettings): boolean {
  if (sums.spanMs <= 0) return false;
  const rps = rpsOf(sums);
  const expected = (base * sums.spanMs) / 1000;
  return rps >= settings.burstMinRps && rps - base >= settings.burstRpsJump &&
    sums.arrivals > expected + JUMP_SIGMAS * Math.sqrt(expected) + JUMP_SLACK;
}

/**
 * Erlangs of a burst: proven arrivals times their service time. In the first moments the requests that have finished are
 * those from before; slots occupied per request finished tells sooner that service has become longer.
 */
export function burstErlangs(sums: WindowSums, serviceMs: Maybe<number>): number {
  const arrivals = sums.arrivals - PROOF_SIGMAS * Math.sqrt(sums.arrivals);
  const occupiedMs = sums.finished > 0 ? sums.occupiedMs / sums.finished : 0;
  const longest = Math.max(known(serviceMs) ? serviceMs : 0, occupiedMs);
  return Math.max(
    (arrivals * longest) / sums.spanMs,
    proven(sums.occupiedMs / sums.spanMs, serviceMs, sums.spanMs),
  );
}

/**
 * Cores that a burst's arrivals need, at the CPU cost per request seen lately. What has piled up asks for
 * nothing more: importing an application costs CPU, and workers that boot for a queue starve those that serve it.
 */
export function burstCores(sums: WindowSums, stable: WindowSums, serviceMs: Maybe<number>): number {
  if (stable.finished <= 0) return 0;
  // CPU is read late: when a burst leaves the window its CPU may still count while its requests do not. But no request
  // computes longer than it takes.
  const cpuMs = Math.min(stable.cpuMs / stable.finished, known(serviceMs) ? serviceMs : Infinity);
  const arrivals = sums.arrivals - PROOF_SIGMAS * Math.sqrt(sums.arrivals);
  return (arrivals * cpuMs) / sums.spanMs;
}
