import type { Measurements, Timeline } from "./measurements.ts";
import type { PodFigures } from "../pods/pod_settings.ts";

/** A change of the number of workers wanted. */
export interface Change {
  readonly atMs: number;
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

/** The result of a simulation. */
export interface Result {
  readonly controller: string;
  readonly durationMs: number;
  readonly sloMs: number;
  /** Requests that arrived; of them answered within the client's time-out, given up, and refused or lost. */
  readonly offered: number;
  readonly answered: number;
  readonly timedOut: number;
  readonly dropped: number;
  /** Of all that arrived, 0..1. */
  readonly shareWithinSlo: number;
  /** Latency from arrival to response; a request given up counts as the client's time-out. */
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  /** Processes alive, booting and draining too, over the load's duration. */
  readonly workerSeconds: number;
  readonly cpuSeconds: number;
  readonly peakWorkers: number;
  /** Processes alive when the load ended. */
  readonly endWorkers: number;
  readonly changes: readonly Change[];
  readonly timeline: Timeline;
  /** Where there are pods: their number and cost. Workers are then those of all pods; their peak is of the bins. */
  readonly pods?: PodFigures;
}

/** The outcomes of the requests, as fields of a result. */
export function outcome(results: Measurements, sloMs: number) {
  return {
    sloMs,
    offered: results.offered,
    answered: results.answered,
    timedOut: results.timedOut,
    dropped: results.dropped,
    shareWithinSlo: results.offered > 0 ? results.within / results.offered : 1,
    meanMs: results.latencySumMs / Math.max(1, results.offered),
    p50Ms: results.quantileMs(0.5),
    p95Ms: results.quantileMs(0.95),
    p99Ms: results.quantileMs(0.99),
  };
}
