import type { Tick } from "./history.ts";
import { isAsync } from "./kinds.ts";
import type { EndedRequests } from "./policy/gradient.ts";
import { known, type Load, queuedOrNone, type Sample } from "./sample.ts";

/** What the tick before is remembered by. */
export interface LastTick {
  /** Requests that waited, and workers that served. */
  readonly queued: number;
  readonly ready: number;
  /** Threads that had a connection. */
  readonly busyThreads: number;
}

/** Nothing was served yet. */
export const NO_TICK: LastTick = { queued: 0, ready: 0, busyThreads: 0 };

/** What the tick after this sample remembers of it. */
export function lastTick(sample: Sample, ready: number): LastTick {
  return {
    queued: queuedOrNone(sample),
    ready,
    busyThreads: known(sample.load) ? sample.load.busyThreads : 0,
  };
}

/** Requests that ended, and their service times. */
export function endedIn({ load, statsd }: Sample): EndedRequests {
  if (known(load)) return { requests: load.finished, serviceMs: load.serviceMs };
  return known(statsd)
    ? { requests: statsd.durationCount, serviceMs: statsd.durationSumMs }
    : { requests: 0, serviceMs: 0 };
}

/** Reduces a sample to the sums that windows are made of. */
export function toTick(sample: Sample, ready: number, before: LastTick): Tick {
  const { elapsedMs, load, statsd, cpu } = sample;
  const queued = queuedOrNone(sample);
  const loop = known(load) ? load.loop : "unknown";
  const base = {
    nowMs: sample.nowMs,
    elapsedMs,
    queuedMs: queued * elapsedMs,
    workerMs: ready * elapsedMs,
    cpuMs: known(cpu) ? cpu.workerCores * elapsedMs : 0,
    cpuWaitMs: known(cpu) && known(cpu.waitingCores) ? cpu.waitingCores * elapsedMs : 0,
    servingMs: known(load) ? servingMs(load, ready * elapsedMs) : 0,
    loopBusyMs: known(loop) ? loop.busyMs : 0,
    loopTicks: known(loop) ? loop.ticks : 0,
    loopLateTicks: known(loop) ? loop.lateTicks : 0,
    loopLateMs: known(loop) ? loop.lateMs : 0,
  };
  if (known(load)) {
    return {
      ...base,
      // A thread that was taken a tick ago and is now has hardly been free, whatever it does for its connection.
      occupiedMs: Math.max(load.inFlightMs, Math.min(before.busyThreads, load.busyThreads) * elapsedMs),
      arrivals: Math.max(0, load.started + queued - before.queued),
      started: load.started,
      finished: load.finished,
      serviceMs: load.serviceMs,
      durations: load.finished > 0 ? load.service : undefined,
    };
  }
  const finished = known(statsd) ? statsd.requests : 0;
  const meanMs = known(statsd) && statsd.durationCount > 0 ? statsd.durationSumMs / statsd.durationCount : 0;
  // Finished requests show slots in use only after the fact. A sync worker takes the next connection as
  // soon as it is free, so with a queue all of them are in use now.
  const allBusy = queued > 0 && !isAsync(sample.model.kind) ? ready * sample.model.slots * elapsedMs : 0;
  return {
    ...base,
    occupiedMs: Math.max(allBusy, finished * meanMs),
    arrivals: Math.max(0, finished + queued - before.queued),
    started: finished,
    finished,
    serviceMs: finished * meanMs,
    durations: known(statsd) && statsd.durationCount > 0 ? statsd.durations : undefined,
  };
}

function servingMs(load: Load, workerMs: number): number {
  return load.websockets + load.streams > 0 ? workerMs : load.busyMs;
}
