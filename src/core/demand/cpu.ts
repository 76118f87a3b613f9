import { ASYNC_CORE_UTILIZATION, GTHREAD_CORE_UTILIZATION } from "../constants.ts";
import type { History, WindowSums } from "../history.ts";
import { isAsync } from "../kinds.ts";
import { roundUp } from "../round_up.ts";
import { known, type WorkerKind } from "../sample.ts";
import type { Observed } from "./observed.ts";
import { arrivingPerMs } from "./offered_load.ts";

/** Workers for the cores in use, where a worker cannot use more than one. */
export function cpu(observed: Observed): number {
  return observed.isSettling ? 0 : workersForCores(observed.sample.model.kind, coresUsed(observed));
}

/** Cores that what arrives now wants, at the recent CPU of a request, which computes no longer than it takes. */
export function arrivingCores(history: History, stable: WindowSums, elapsedMs: number): number {
  if (stable.finished <= 0) return 0;
  return arrivingPerMs(history, elapsedMs) * Math.min(stable.cpuMs, stable.serviceMs) / stable.finished;
}

/** Workers that `cores` of use need. */
export function workersForCores(kind: WorkerKind, cores: number): number {
  return roundUp(cores / (isAsync(kind) ? ASYNC_CORE_UTILIZATION : GTHREAD_CORE_UTILIZATION));
}

/**
 * Cores that workers use; 0 when not known, or when they bound nothing: a sync worker needs no CPU, and one with parallel
 * threads has as many cores as threads.
 */
export function coresUsed({ sample, second }: Observed): number {
  const { kind, isParallel = false } = sample.model;
  if (!known(sample.cpu) || second.spanMs <= 0 || kind === "sync" || isParallel) return 0;
  return second.cpuMs / second.spanMs;
}
