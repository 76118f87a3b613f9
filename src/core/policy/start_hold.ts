import { START_HOLD_MS } from "../constants.ts";
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
  /** A request was seen. */
  readonly requestAtMs: number | undefined;
}

/** Nothing was seen yet. */
export function notStarted(workers: number): StartHold {
  return { workers, readyAtMs: undefined, requestAtMs: undefined };
}

/** What is known of the start after one more sample. */
export function nextStart(start: StartHold, sample: Sample, ready: number): StartHold {
  if (start.requestAtMs !== undefined) return start;
  const { nowMs, load, statsd } = sample;
  const requests = known(load) ? load.started : known(statsd) ? statsd.requests : 0;
  return {
    ...start,
    readyAtMs: start.readyAtMs ?? (ready > 0 ? nowMs : undefined),
    requestAtMs: requests > 0 ? nowMs : undefined,
  };
}

/**
 * How long the number to begin with is still kept, ms; 0 when it is free. In a rolling deploy a new instance serves before
 * the balancer knows it: workers chosen for its load are not removed in the second without any.
 * Example: hold 3 s, ready at 0 s, the first request at 20 s: kept until 23 s; without a request until 60 s.
 */
export function keptForMs({ readyAtMs, requestAtMs }: StartHold, nowMs: number, holdMs: number): number {
  if (readyAtMs === undefined) return START_HOLD_MS;
  const seen = requestAtMs === undefined ? Infinity : requestAtMs + holdMs;
  return Math.max(0, Math.min(readyAtMs + START_HOLD_MS, seen) - nowMs);
}
