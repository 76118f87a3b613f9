import {
  ALL_TAKEN_SHARE,
  HANGING_FACTOR,
  HANGING_LEAST_REQUESTS,
  HANGING_OBJECTIVE_SHARE,
} from "../constants.ts";
import { roundUp } from "../round_up.ts";
import { known, queuedNow } from "../sample.ts";
import type { Observed } from "./observed.ts";
import { occupiedPerRequestMs } from "./offered_load.ts";
import type { QueueInput } from "./queue.ts";

/**
 * Whether slots are occupied for far longer than requests took before, and for half of the objective at least; or all slots
 * are, and none became free for as long as the objective: the mean over a second shows that later.
 */
export function requestsHang(
  { sample, history, settings, second, stable }: Pick<
    Observed,
    "sample" | "history" | "settings" | "second" | "stable"
  >,
): boolean {
  if (stable.finished < HANGING_LEAST_REQUESTS) return false;
  const longMs = HANGING_FACTOR * stable.serviceMs / stable.finished;
  const perRequestMs = occupiedPerRequestMs(second, 1);
  if (perRequestMs > settings.sloP95Ms * HANGING_OBJECTIVE_SHARE && perRequestMs > longMs) return true;
  const stuck = history.sums(Math.max(settings.sloP95Ms, longMs));
  return stuck.finished === 0 &&
    stuck.occupiedMs >= ALL_TAKEN_SHARE * stuck.workerMs * sample.model.slots;
}

/**
 * Requests that hang have no service time yet: none of them has ended. When all slots are taken, none became free for as
 * long as a request may take at all, and a request has waited for longer than that, each waiting request needs a slot.
 */
export function hangingWorkers({ sample, history, counts }: QueueInput, mostMs: number): number {
  const queued = queuedNow(sample);
  const { slots } = sample.model;
  if (!known(queued) || queued <= 0 || !known(sample.load)) return 0;
  const taken = Math.max(sample.load.inFlight, sample.load.busyThreads);
  if (taken < counts.ready * slots || history.sums(mostMs).finished > 0) return 0;
  return history.oldestWaitMs() > mostMs ? roundUp((taken + queued) / slots) : 0;
}
