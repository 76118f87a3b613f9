import type { Decision } from "../../core/reason.ts";
import type { Maybe } from "../../core/sample.ts";

/**
 * No ratio is larger. To empty a queue in time takes any number of workers, for seconds; the load itself takes far fewer,
 * for long, and pods come and go in minutes. Simulated from 1 pod to 10 under 1.5 times what one can carry: 36 % fewer
 * pod-seconds than without a limit, for 0.7 % fewer requests in time.
 */
const MOST_SATURATION = 4;

/**
 * What the load asks for over the most that bounds allow, at most 4; "unknown" without data. Above 1 this instance needs
 * more than it may have. The ratio that pods are scaled by: gunicorn_autoscaler_saturation_ratio.
 */
export function saturationOf(decision: Decision | undefined): Maybe<number> {
  if (decision?.reason.code === "asleep") return 0; // one worker that comes with a request is no load
  if (decision === undefined || decision.demand === "unknown") return "unknown";
  return Math.min(MOST_SATURATION, decision.demand.wanted / Math.max(1, decision.bounds.max.workers));
}
