import { bucketOf, BUCKETS } from "../../src/core/histogram.ts";
import type { Load, Sample } from "../../src/core/sample.ts";

/** A load in which nothing happens; override what a test is about. */
export function load(changes: Partial<Load> = {}): Load {
  return {
    inFlight: 0,
    inFlightMs: 0,
    busyMs: 0,
    started: 0,
    finished: 0,
    failed: 0,
    serviceMs: 0,
    innerQueue: 0,
    busyThreads: 0,
    service: new Float64Array(BUCKETS),
    wait: new Float64Array(BUCKETS),
    websockets: 0,
    streams: 0,
    streamWorkers: 0,
    loopLagMs: "unknown",
    loop: "unknown",
    coverage: 1,
    ...changes,
  };
}

/** A sample of two idle sync workers; override what a test is about. */
export function sample(nowMs: number, changes: Partial<Sample> = {}): Sample {
  return {
    nowMs,
    elapsedMs: 100,
    model: { kind: "sync", slots: 1 },
    workers: { target: 2, ready: 2, booting: 0, draining: 0, oldestBootMs: 0 },
    load: load(),
    queue: 0,
    statsd: "unknown",
    cpu: "unknown",
    memory: "unknown",
    boots: { failures: 0, lastBootMs: 20 },
    ...changes,
  };
}

/** Bucket counts of `n` durations of `ms`. */
export function durations(n: number, ms: number): Float64Array {
  const counts = new Float64Array(BUCKETS);
  counts[bucketOf(ms)] = n;
  return counts;
}
