import { middleMs } from "../../core/histogram.ts";
import type { Decision } from "../../core/reason.ts";
import { known, queuedOrNone, type Sample } from "../../core/sample.ts";
import { explain } from "../../wording/reasons.ts";
import { binMsOf, Measurements } from "./measurements.ts";
import type { Recording, Tick } from "../load/recording.ts";
import type { Change, Result } from "./result.ts";

/**
 * The result of a live run, from its recording. Latencies are estimates: the service times as measured, each moved by
 * the mean time that requests of the same tick stood in a queue (Little's law: queue / throughput).
 */
export function recordedResult(recording: Recording, sloMs: number): Result {
  const { ticks } = recording;
  const durationMs = ticks.reduce((sum, { sample }) => sum + sample.elapsedMs, 0);
  const replay = new Replay(sloMs, durationMs);
  for (const tick of ticks) replay.add(tick);
  return replay.result();
}

/** Sums up a recording tick by tick. */
class Replay {
  readonly #sloMs: number;
  readonly #durationMs: number;
  readonly #binMs: number;
  readonly #results: Measurements;
  readonly #changes: Change[] = [];
  #atMs = 0;
  #binEndMs: number;
  #aliveMs = 0;
  #cpuMs = 0;
  #busyMs = 0;
  #inFlightMs = 0;
  #queuedBefore = 0;
  #peakWorkers = 0;
  #endWorkers = 0;
  /** Requests that have left the queue without having been seen to come, 0 or less. */
  #owed = 0;

  constructor(sloMs: number, durationMs: number) {
    this.#sloMs = sloMs;
    this.#durationMs = durationMs;
    this.#binMs = this.#binEndMs = binMsOf(durationMs);
    this.#results = new Measurements(sloMs, Infinity, this.#binMs);
  }

  add({ sample, decision }: Tick): void {
    const { elapsedMs } = sample;
    this.#atMs += elapsedMs;
    const counts = known(sample.workers) ? sample.workers : undefined;
    const alive = counts ? counts.ready + counts.booting + counts.draining : this.#endWorkers;
    this.#aliveMs += alive * elapsedMs;
    this.#endWorkers = alive;
    this.#peakWorkers = Math.max(this.#peakWorkers, alive);
    if (known(sample.cpu)) this.#cpuMs += sample.cpu.workerCores * elapsedMs;
    if (known(sample.load)) {
      this.#busyMs += sample.load.busyMs;
      this.#inFlightMs += sample.load.inFlightMs;
    }
    const queue = queuedOrNone(sample);
    this.#addRequests(requestsOf(sample), queue, elapsedMs);
    if (decision.action !== "hold") this.#addChange(decision);
    const target = counts && known(counts.target) ? counts.target : decision.target;
    const ready = counts?.ready ?? alive;
    for (; this.#atMs >= this.#binEndMs; this.#binEndMs += this.#binMs) {
      const [busyMs, inFlightMs] = [this.#busyMs, this.#inFlightMs];
      this.#results.closeBin({ alive, ready, target, queue, busyMs, inFlightMs });
    }
  }

  #addRequests(requests: Requests, queue: number, elapsedMs: number): void {
    const arrived = requests.started + queue - this.#queuedBefore + this.#owed;
    this.#owed = Math.min(0, arrived);
    this.#queuedBefore = queue;
    for (let i = 0; i < arrived; i++) this.#results.arrived();
    addLatencies(this.#results, requests, queue, elapsedMs);
    this.#results.sawQueue(queue);
  }

  #addChange(decision: Decision): void {
    this.#changes.push({
      atMs: this.#atMs,
      from: decision.current,
      to: decision.target,
      reason: explain(decision, this.#sloMs),
    });
  }

  result(): Result {
    const results = this.#results;
    return {
      controller: "as recorded",
      durationMs: this.#durationMs,
      sloMs: this.#sloMs,
      offered: Math.max(results.offered, results.over),
      answered: results.answered,
      timedOut: 0,
      dropped: 0,
      shareWithinSlo: results.answered > 0 ? results.within / results.answered : 1,
      meanMs: results.latencySumMs / Math.max(1, results.answered),
      p50Ms: results.quantileMs(0.5),
      p95Ms: results.quantileMs(0.95),
      p99Ms: results.quantileMs(0.99),
      workerSeconds: this.#aliveMs / 1000,
      cpuSeconds: this.#cpuMs / 1000,
      peakWorkers: this.#peakWorkers,
      endWorkers: this.#endWorkers,
      changes: this.#changes,
      timeline: results.timeline,
    };
  }
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
