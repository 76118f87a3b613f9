import type { Decision } from "../core/reason.ts";
import type { Maybe } from "../core/sample.ts";

/**
 * What the load asks for over the most that bounds allow; "unknown" without data. Above 1 this instance needs more than
 * it may have. The ratio that pods are scaled by: gunicorn_autoscaler_saturation_ratio.
 */
export function saturationOf(decision: Decision | undefined): Maybe<number> {
  if (decision === undefined || decision.demand === "unknown") return "unknown";
  return decision.demand.wanted / Math.max(1, decision.bounds.max.workers);
}
