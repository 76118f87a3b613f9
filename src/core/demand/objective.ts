import { WAITING_QUEUED_REQUESTS, WAITING_UTILIZATION } from "../constants.ts";
import type { WindowSums } from "../history.ts";
import { isAsync } from "../kinds.ts";
import { known, type Maybe, type Sample } from "../sample.ts";
import type { Observed } from "./observed.ts";

/**
 * The 95th percentile counts only when requests wait: then one more worker. A slow request that none waits behind is
 * slow for a reason that workers cannot cure. They must wait still, in the last second.
 */
export function objective(
  { sample, history, settings, target, recent, second, isSettling }: Observed,
): number {
  const p95Ms = history.durationQuantileMs(settings.burstWindowMs, 0.95);
  if (!known(p95Ms) || p95Ms <= settings.sloP95Ms || recent.spanMs <= 0 || isSettling) return 0;
  return requestsWait(sample, recent) && requestsWait(sample, second) ? target + 1 : 0;
}

/** Whether requests waited over a window: half a request on average, or hardly a slot was free. */
function requestsWait(sample: Sample, sums: WindowSums): boolean {
  const used = utilizationOf(sample, sums);
  return sums.queuedMs / sums.spanMs >= WAITING_QUEUED_REQUESTS ||
    (known(used) && used >= WAITING_UTILIZATION);
}

/** Share of the slots in use (async kinds: of the cores that the workers could use one each), 0..1. */
export function utilizationOf(sample: Sample, sums: WindowSums): Maybe<number> {
  if (sums.workerMs <= 0) return "unknown";
  if (isAsync(sample.model.kind)) {
    return known(sample.cpu) ? Math.min(1, sums.cpuMs / sums.workerMs) : "unknown";
  }
  if (!known(sample.load) && !known(sample.statsd)) return "unknown";
  return Math.min(1, sums.occupiedMs / (sums.workerMs * sample.model.slots));
}
