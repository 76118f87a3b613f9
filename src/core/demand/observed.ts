import {
  DISPERSION_TICKS,
  LATE_SHARE,
  MOST_VARIATION,
  SECOND_MS,
  UNKNOWN_SERVICE_PART,
} from "../constants.ts";
import { bucketOf, lowerBoundMs } from "../histogram.ts";
import type { History, WindowSums } from "../history.ts";
import { isAsync } from "../kinds.ts";
import type { PolicySettings } from "../policy_settings.ts";
import { known, type Maybe, type Sample, type WorkerCounts } from "../sample.ts";
import { burstIn } from "./burst.ts";
import type { WaitGoal } from "./delay_formula.ts";
import { erlangsOf, meanServiceMs, upperErlangs } from "./offered_load.ts";

/** What demand is made from. */
export interface DemandInput {
  readonly sample: Sample;
  readonly history: History;
  readonly settings: PolicySettings;
  readonly counts: WorkerCounts;
  /** The target now, booting workers included. */
  readonly target: number;
  /** How long a worker took to boot, ms; 0 when not known. */
  readonly bootMs: number;
  /** Since the target last rose, ms. */
  readonly sinceUpMs: number;
}

/** What all signals look at. */
export interface Observed extends DemandInput {
  /** Over `window-seconds`, `burst-window-seconds` and a second. */
  readonly stable: WindowSums;
  readonly recent: WindowSums;
  readonly second: WindowSums;
  /** The window that shows a burst, if there is one. */
  readonly burst: WindowSums | undefined;
  /** Mean service time. */
  readonly serviceMs: Maybe<number>;
  readonly goal: WaitGoal;
  /** How much of the waits of exponential service times and chance arrivals there is, 0.5..1: see unevenness. */
  readonly unevenness: number;
  /** Load over the burst window, and the lower of that and the load over the stable one. */
  readonly recentErlangs: number;
  readonly steadyErlangs: number;
  /** Averages over a second or more do not show yet what the last growth brings. */
  readonly isSettling: boolean;
}

/** Derives what all signals look at, once a tick. */
export function observe(input: DemandInput): Observed {
  const { sample, history, settings, counts, bootMs, sinceUpMs } = input;
  const async = isAsync(sample.model.kind);
  const serviceMs = meanServiceMs(history, settings);
  const variation = Math.min(MOST_VARIATION, history.durationVariation(settings.windowMs));
  const uneven = unevenness(history, variation, settings);
  const stable = history.sums(settings.windowMs);
  const recent = history.sums(settings.burstWindowMs);
  // The lowest of the windows: a long one forgets a burst too slowly, a short one follows noise.
  const recentErlangs = Math.min(
    erlangsOf(recent, serviceMs, async),
    upperErlangs(history, serviceMs, async),
  );
  return {
    ...input,
    stable,
    recent,
    second: history.sums(SECOND_MS),
    burst: burstIn(history, sample, settings, serviceMs),
    serviceMs,
    goal: waitGoal(serviceMs, variation, uneven, history, settings),
    unevenness: uneven,
    recentErlangs,
    steadyErlangs: Math.min(erlangsOf(stable, serviceMs, async), recentErlangs),
    isSettling: counts.booting > 0 || sinceUpMs < settings.burstWindowMs + bootMs,
  };
}

/**
 * How long requests wait, over how long they would with exponential service times and arrivals by chance, 1 at most: the
 * mean of the variations of both. Source: Allen and Cunneen, as in shareThatWaitsLonger.
 */
function unevenness(history: History, variation: number, settings: PolicySettings): number {
  return Math.min(1, (history.dispersion(settings.burstWindowMs, DISPERSION_TICKS) + variation) / 2);
}

/**
 * What a request may wait: what the objective leaves beside its service. Where requests take longer than the objective by
 * themselves (the mean, or one in twenty), no number of workers meets it: then it is one service time, so that no
 * worker is added for an objective that cannot be met.
 * Example: 250 ms under an objective of 300 may wait 50 ms, 2.5 erlangs of them get 6 workers; 400 ms may wait 400.
 */
function waitGoal(
  serviceMs: Maybe<number>,
  variation: number,
  uneven: number,
  history: History,
  settings: PolicySettings,
): WaitGoal {
  const service = known(serviceMs) ? serviceMs : settings.sloP95Ms / UNKNOWN_SERVICE_PART;
  const leftMs = settings.sloP95Ms - service;
  const p95Ms = history.durationQuantileMs(settings.burstWindowMs, 0.95);
  // Buckets are a quarter wide: the objective is missed when the bucket begins beyond it.
  const isMissed = known(p95Ms) && lowerBoundMs(bucketOf(p95Ms)) >= settings.sloP95Ms;
  return {
    serviceMs: service,
    variation,
    waitMs: leftMs > 0 && !isMissed ? leftMs : Math.max(leftMs, service),
    lateShare: LATE_SHARE,
    // As many requests wait on average in a queue 1 / (1 - utilization) times as long where they are even.
    utilization: 1 - (1 - settings.targetUtilization) * uneven,
  };
}
