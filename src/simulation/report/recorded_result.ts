import { middleMs } from "../../core/histogram.ts";
import { known, queuedOrNone, type Sample } from "../../core/sample.ts";
import { explain } from "../../wording/reasons.ts";
import { binMsOf, Measurements } from "./measurements.ts";
import type { Recording } from "../load/recording.ts";
import type { Change, Result } from "./result.ts";

/**
 * The result of a live run, from its recording. Latencies are estimates: the service times as measured, each moved by
 * the mean time that requests of the same tick stood in a queue (Little's law: queue / throughput).
 */
export function recordedResult(recording: Recording, sloMs: number): Result {
  const { ticks } = recording;
  const durationMs = ticks.reduce((sum, { sample }) => sum + sample.elapsedMs, 0);
  const binMs = binMsOf(durationMs);
  const results = new Measurements(sloMs, Infinity, binMs);
  const changes: Change[] = [];
  let atMs = 0, binEndMs = binMs, aliveMs = 0, cpuMs = 0, busyMs = 0, inFlightMs = 0, queuedBefore = 0;
  let peakWorkers = 0, endWorkers = 0, owed = 0;
  for (const { sample, decision } of ticks) {
    const { elapsedMs } = sample;
    atMs += elapsedMs;
    const counts = known(sample.workers) ? sample.workers : undefined;
    const alive = counts ? counts.ready + counts.booting + counts.draining : endWorkers;
    const seen = requestsOf(sample);
    aliveMs += alive * elapsedMs;
    endWorkers = alive;
    peakWorkers = Math.max(peakWorkers, alive);
    if (known(sample.cpu)) cpuMs += sample.cpu.workerCores * elapsedMs;
    if (known(sample.load)) {
      busyMs += sample.load.busyMs;
      inFlightMs += sample.load.inFlightMs;
    }
    const queue = queuedOrNone(sample);
    const arrived = seen.started + queue - queuedBefore + owed;
    owed = Math.min(0, arrived);
    queuedBefore = queue;
    for (let i = 0; i < arrived; i++) results.arrived();
    addLatencies(results, seen, queue, elapsedMs);
    results.sawQueue(queue);
    if (decision.action !== "hold") {
      changes.push({
        atMs,
        from: decision.current,
        to: decision.target,
        reason: explain(decision, sloMs),
      });
    }
    while (atMs >= binEndMs) {
      const target = counts && known(counts.target) ? counts.target : decision.target;
      results.closeBin({ alive, ready: counts?.ready ?? alive, target, queue, busyMs, inFlightMs });
      binEndMs += binMs;
    }
  }
  const offered = Math.max(results.offered, results.over);
  return {
    controller: "as recorded",
    durationMs,
    sloMs,
    offered,
    answered: results.answered,
    timedOut: 0,
    dropped: 0,
    shareWithinSlo: results.answered > 0 ? results.within / results.answered : 1,
    meanMs: results.latencySumMs / Math.max(1, results.answered),
    p50Ms: results.quantileMs(0.5),
    p95Ms: results.quantileMs(0.95),
    p99Ms: results.quantileMs(0.99),
    workerSeconds: aliveMs / 1000,
    cpuSeconds: cpuMs / 1000,
    peakWorkers,
    endWorkers,
    changes,
    timeline: results.timeline,
  };
}

/** The requests of one tick, and their service times as a histogram. */
interface Requests {
  readonly started: number;
  readonly finished: number;
  readonly service: ArrayLike<number>;
}

/** Adds the latencies of a tick's requests: their service times, and the mean wait in the queue. */
function addLatencies(
  results: Measurements,
  { finished, service }: Requests,
  queue: number,
  elapsedMs: number,
): void {
  const waitMs = finished > 0 ? queue * elapsedMs / finished : 0;
  for (let bucket = 0; bucket < service.length; bucket++) {
    const latencyMs = middleMs(bucket) + waitMs;
    for (let i = 0; i < service[bucket]!; i++) results.finished(latencyMs);
  }
}

function requestsOf(sample: Sample): Requests {
  if (known(sample.load)) return sample.load;
  if (known(sample.statsd)) {
    const { requests, durations } = sample.statsd;
    return { started: requests, finished: requests, service: durations };
  }
  return { started: 0, finished: 0, service: [] };
}
