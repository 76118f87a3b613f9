import type { WorkerKind } from "./sample.ts";

/** True for the kinds that serve many requests on one loop. */
export function isAsync(kind: WorkerKind): boolean {
  return kind !== "sync" && kind !== "gthread" && kind !== "unknown";
}
