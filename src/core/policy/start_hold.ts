import { SECOND_MS, START_HOLD_MS, START_LOAD_REQUESTS } from "../constants.ts";
import { known, type Sample } from "../sample.ts";

/**
 * When the workers that gunicorn was started with could show whether they are needed; monotonic ms, undefined
 * for not yet.
 */
export interface StartHold {
  /** Workers to begin with. */
  readonly workers: number;
  /** A worker was ready. */
  readonly readyAtMs: number | undefined;
  /** Requests were seen that are more than health checks. */
  readonly loadAtMs: number | undefined;
  /** Requests beyond one a second. */
  readonly requests: number;
  /** Whether any request was seen. */
  readonly hasRequests: boolean;
}

/** Nothing was seen yet. */
export function notStarted(workers: number): StartHold {
  return { workers, readyAtMs: undefined, loadAtMs: undefined, requests: 0, hasRequests: false };
}

/** What is known of the start after one more sample. */
export function nextStart(start: StartHold, sample: Sample, ready: number): StartHold {
  if (start.loadAtMs !== undefined) return start;
  const { nowMs, elapsedMs, load, statsd } = sample;
  const came = known(load) ? load.started : known(statsd) ? statsd.requests : 0;
  const requests = Math.max(0, start.requests - elapsedMs / SECOND_MS) + came;
  return {
    ...start,
    readyAtMs: start.readyAtMs ?? (ready > 0 ? nowMs : undefined),
    loadAtMs: requests >= START_LOAD_REQUESTS ? nowMs : undefined,
    requests,
    hasRequests: start.hasRequests || came > 0,
  };
}

/**
 * How long the number to begin with is still kept, ms; 0 when it is free. In a rolling deploy a new instance serves before
 * the balancer sends it more than health checks: workers chosen for its load are not removed in the second without any.
 * Example: hold 3 s, ready at 0 s, a check each 5 s, 4 requests/s from 20 s on: kept until 25 s; without them until 60 s.
 */
export function keptForMs({ readyAtMs, loadAtMs }: StartHold, nowMs: number, holdMs: number): number {
  if (readyAtMs === undefined) return START_HOLD_MS;
  const seen = loadAtMs === undefined ? Infinity : loadAtMs + holdMs;
  return Math.max(0, Math.min(readyAtMs + START_HOLD_MS, seen) - nowMs);
}
