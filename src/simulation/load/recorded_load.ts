import { BUCKETS } from "../../core/histogram.ts";
import { known, queuedOrNone, type Sample } from "../../core/sample.ts";
import type { Segment } from "./arrivals.ts";
import type { Recording, Tick } from "./recording.ts";
import { NOTHING, type ServiceTime } from "./service_time.ts";

/** Service times are taken together over stretches of this length, so that a slow hour stays a slow hour. */
const SERVICE_WINDOW_MS = 60_000;

/**
 * The load of a live run: arrivals tick by tick (started plus what the queues grew by), service times and their CPU
 * share minute by minute, as the probe (or StatsD) saw them. What waiting for a core added to the service times then
 * is taken out as far as the run-queue waits tell, because the simulation adds its own.
 */
export function recordedLoad(recording: Recording): Segment[] {
  const segments: Segment[] = [];
  let queuedBefore = queuedOrNone(recording.ticks[0]!.sample);
  let owed = 0; // a shrinking queue with nothing started: fewer arrived before than it seemed
  for (const window of windows(recording.ticks)) {
    const service = serviceOf(window);
    for (const { sample } of window) {
      if (sample.elapsedMs <= 0) continue;
      const queuedNow = queuedOrNone(sample);
      const arrived = started(sample) + queuedNow - queuedBefore + owed;
      queuedBefore = queuedNow;
      owed = Math.min(0, arrived);
      const ratePerSecond = Math.max(0, arrived) * 1000 / sample.elapsedMs;
      segments.push({ durationMs: sample.elapsedMs, ratePerSecond, ...(service ? { service } : {}) });
    }
  }
  return segments;
}

function* windows(ticks: readonly Tick[]): Generator<readonly Tick[]> {
  for (let begin = 0; begin < ticks.length;) {
    let end = begin, spanMs = 0;
    while (end < ticks.length && spanMs < SERVICE_WINDOW_MS) spanMs += ticks[end++]!.sample.elapsedMs;
    yield ticks.slice(begin, end);
    begin = end;
  }
}

function serviceOf(ticks: readonly Tick[]): ServiceTime | undefined {
  const counts = new Float64Array(BUCKETS);
  let finished = 0, serviceMs = 0, cpuMs = 0, cpuWaitMs = 0;
  for (const { sample } of ticks) {
    const { load, statsd, cpu, elapsedMs } = sample;
    const seen = known(load)
      ? { counts: load.service, n: load.finished, ms: load.serviceMs }
      : known(statsd)
      ? { counts: statsd.durations, n: statsd.durationCount, ms: statsd.durationSumMs }
      : undefined;
    if (!seen) continue;
    for (let i = 0; i < seen.counts.length; i++) counts[i]! += seen.counts[i]!;
    finished += seen.n;
    serviceMs += seen.ms;
    if (known(cpu)) {
      cpuMs += cpu.workerCores * elapsedMs;
      cpuWaitMs += known(cpu.waitingCores) ? cpu.waitingCores * elapsedMs : 0;
    }
  }
  if (finished === 0 || serviceMs <= 0) return undefined;
  const bareMs = Math.max(0.05 * serviceMs, serviceMs - cpuWaitMs);
  const cpuShare = Math.min(1, cpuMs / bareMs);
  return { cpu: NOTHING, wait: { kind: "buckets", counts, scale: bareMs / serviceMs }, cpuShare };
}

function started(sample: Sample): number {
  if (known(sample.load)) return sample.load.started;
  return known(sample.statsd) ? sample.statsd.requests : 0;
}
