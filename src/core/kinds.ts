import type { WorkerKind, WorkerModel } from "./sample.ts";

/** True for the kinds that serve many requests on one loop. */
export function isAsync(kind: WorkerKind): boolean {
  return kind !== "sync" && kind !== "gthread" && kind !== "unknown";
}

/** True where the threads of a worker take turns to compute. */
export function hasLock({ kind, isParallel = false }: WorkerModel): boolean {
  return kind === "gthread" && !isParallel;
}
