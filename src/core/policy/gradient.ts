import {
  AS_BEFORE_FACTOR,
  AS_BEFORE_REQUESTS,
  GROWTH_RETRY_MS,
  HANGING_STEP_FACTOR,
  HANGING_STEP_MS,
  HANGING_STEP_REQUESTS,
  LEAST_JUDGED_REQUESTS,
  MOVING_MEAN_REQUESTS,
  SECOND_MS,
  SLOWER_FACTOR,
  SLOWER_STEP_FACTOR,
} from "../constants.ts";
import { known, type Maybe } from "../sample.ts";

/** Requests that ended, and their service times together. */
export interface EndedRequests {
  readonly requests: number;
  readonly serviceMs: number;
}

const NONE: EndedRequests = { requests: 0, serviceMs: 0 };

/** A growth whose use is not known yet. */
interface Trial {
  /** Workers before it. */
  readonly from: number;
  /** It began while requests hung: see hangingStep. */
  readonly hung: boolean;
  /** Mean service time of the first that ended, those that the workers before had begun; "unknown" before. */
  readonly first: EndedRequests;
  readonly firstMs: Maybe<number>;
  /** Moving mean of the service times. */
  readonly meanMs: number;
  /** Requests that ended since the last step. */
  readonly sinceStep: number;
}

/** Growth brought nothing: no more than this many workers until then. */
interface Stop {
  readonly workers: number;
  readonly untilMs: number;
  /** The growth that brought nothing. */
  readonly trial: Trial & { readonly firstMs: number };
  /** What ended since, or since it was last looked at. */
  readonly since: EndedRequests;
}

/** What growth has brought, as far as it is known. */
export interface Gradient {
  readonly trial: Trial | undefined;
  readonly stop: Stop | undefined;
}

/** Nothing has grown yet. */
export const NO_GROWTH: Gradient = { trial: undefined, stop: undefined };

/** What a growth is judged by. */
export interface GradientInput {
  readonly nowMs: number;
  readonly target: number;
  readonly wanted: number;
  /** Requests one worker serves at once. */
  readonly slots: number;
  /** Since the tick before. */
  readonly ended: EndedRequests;
  /** Variance of the service times over their squared mean. */
  readonly variation: number;
}

/**
 * Judges the last growth by what requests take: workers that help leave service times as they were, and so finish more
 * requests. Where more are still wanted and requests take much longer than the first that ended after the growth began, the
 * workers only queue for something else, such as a database. Compare the gradient of Netflix/concurrency-limits:
 * the round trip without load over the present one.
 * Chance, and boots that take the CPU, make requests slower for a while: once they take as long as before, growth goes on.
 * Example: 4 -> 16 workers before a database with 6 connections of 2 s: 2.0 s, then on the way to 5.3 s. No further.
 */
export function judge(gradient: Gradient, input: GradientInput): Gradient {
  const { nowMs, target, wanted, slots, ended, variation } = input;
  const { trial, stop } = gradient;
  if (wanted <= target) return trial === undefined && stop === undefined ? gradient : NO_GROWTH;
  if (stop !== undefined) return nowMs >= stop.untilMs ? NO_GROWTH : stopped(stop, input);
  if (trial === undefined) return gradient;
  const sinceStep = trial.sinceStep + ended.requests;
  if (known(trial.firstMs)) {
    const meanMs = moved(trial.meanMs, ended);
    const slower = trial.hung && shows(sinceStep, target, slots) ? SLOWER_STEP_FACTOR : SLOWER_FACTOR;
    const byChance = chance(variation, trial.first.requests, 2 * MOVING_MEAN_REQUESTS - 1);
    if (target > trial.from && meanMs > slower * byChance * trial.firstMs) {
      const judged = { ...trial, firstMs: trial.firstMs };
      return {
        trial: undefined,
        stop: { workers: target, untilMs: nowMs + GROWTH_RETRY_MS, trial: judged, since: NONE },
      };
    }
    return { trial: { ...trial, meanMs, sinceStep }, stop };
  }
  const { requests, serviceMs } = together(trial.first, ended);
  const isMeasured = requests >= Math.max(LEAST_JUDGED_REQUESTS, trial.from * slots);
  const firstMs = isMeasured ? serviceMs / requests : "unknown";
  return {
    trial: {
      ...trial,
      first: { requests, serviceMs },
      firstMs,
      meanMs: serviceMs / requests || 0,
      sinceStep,
    },
    stop,
  };
}

/** What is known of growth that was stopped, when these have ended too. */
function stopped(stop: Stop, { slots, ended, variation }: GradientInput): Gradient {
  const since = together(stop.since, ended);
  if (since.requests < Math.max(AS_BEFORE_REQUESTS, HANGING_STEP_REQUESTS * stop.workers * slots)) {
    return { trial: undefined, stop: { ...stop, since } };
  }
  const meanMs = since.serviceMs / since.requests;
  const byChance = chance(variation, stop.trial.first.requests, since.requests);
  return meanMs > AS_BEFORE_FACTOR * byChance * stop.trial.firstMs
    ? { trial: undefined, stop: { ...stop, since: NONE } }
    : { trial: { ...stop.trial, meanMs }, stop: undefined };
}

/**
 * How many times as large as another a mean is by chance alone: one standard deviation of their ratio.
 * Example: of 8 requests and of 15, with exponential times: 1.44.
 */
function chance(variation: number, requests: number, others: number): number {
  return 1 + Math.sqrt(variation * (1 / requests + 1 / others));
}

function together(a: EndedRequests, b: EndedRequests): EndedRequests {
  return { requests: a.requests + b.requests, serviceMs: a.serviceMs + b.serviceMs };
}

/** Whether a step to twice the workers shows in what has ended since: what had begun before it ends first. */
function shows(sinceStep: number, target: number, slots: number): boolean {
  return sinceStep >= HANGING_STEP_REQUESTS * target * slots;
}

/** The mean after these requests: a moving one, in which the last few count most. */
function moved(meanMs: number, { requests, serviceMs }: EndedRequests): number {
  if (requests === 0) return meanMs;
  return meanMs + (serviceMs / requests - meanMs) * Math.min(1, requests / MOVING_MEAN_REQUESTS);
}

/** A growth is decided on now. */
export function grown({ trial, stop }: Gradient, target: number, hangs: boolean): Gradient {
  const begun = trial ?? { from: target, hung: hangs, first: NONE, firstMs: "unknown", meanMs: 0 } as const;
  return { trial: { ...begun, sinceStep: 0 }, stop };
}

/**
 * The most workers that one step may lead to while requests hang that took a fraction of the time before: twice those there
 * are, and each step only when it is seen what the one before it brought. Whoever holds them up is not helped by a crowd.
 */
export function hangingStep(
  { trial }: Gradient,
  { target, slots, hangs, sinceUpMs }: { target: number; slots: number; hangs: boolean; sinceUpMs: number },
): number {
  if (!hangs && !trial?.hung) return Infinity;
  if (sinceUpMs < SECOND_MS) return target;
  const shown = trial === undefined || shows(trial.sinceStep, target, slots);
  return shown || sinceUpMs >= HANGING_STEP_MS ? HANGING_STEP_FACTOR * target : target;
}
