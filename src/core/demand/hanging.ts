import {
  ALL_TAKEN_SHARE,
  HANGING_FACTOR,
  HANGING_LEAST_REQUESTS,
  HANGING_OBJECTIVE_SHARE,
} from "../constants.ts";
import type { Observed } from "./observed.ts";
import { occupiedPerRequestMs } from "./offered_load.ts";

/**
 * Whether slots are occupied for far longer than requests took before, and for half of the objective at least; or all slots
 * are, and none became free for as long as the objective: the mean over a second tells that later.
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
