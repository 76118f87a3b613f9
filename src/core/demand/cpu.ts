import { ASYNC_CORE_UTILIZATION, GTHREAD_CORE_UTILIZATION } from "../constants.ts";
import { isAsync } from "../kinds.ts";
import { roundUp } from "../round_up.ts";
import { known, type WorkerKind } from "../sample.ts";
import type { Observed } from "./observed.ts";

/** Workers for the cores in use, where a worker cannot use more than one. */
export function cpu(observed: Observed): number {
  return observed.isSettling ? 0 : workersForCores(observed.sample.model.kind, coresUsed(observed));
}

/** Workers that `cores` of use need. */
export function workersForCores(kind: WorkerKind, cores: number): number {
  return roundUp(cores / (isAsync(kind) ? ASYNC_CORE_UTILIZATION : GTHREAD_CORE_UTILIZATION));
}

/** Cores that workers use; 0 when not known, or when they bound nothing (a sync worker needs no CPU). */
export function coresUsed({ sample, second }: Observed): number {
  if (!known(sample.cpu) || second.spanMs <= 0 || sample.model.kind === "sync") return 0;
  return second.cpuMs / second.spanMs;
}
