import { LOOP_TICK_MS } from "../constants.ts";
import type { WindowSums } from "../history.ts";
import { lowerErlangs } from "./offered_load.ts";
import { type WaitGoal, workersFor } from "./delay_formula.ts";

/** The event loops over a window, by their ticks. */
interface LoopState {
  /** Loops busy on average, computing or blocked. */
  readonly erlangs: number;
  /** What a late tick waited on average: the rest of what its loop was doing. */
  readonly restMs: number;
  /** What any tick waited on average, and so what a request waits before its loop comes to it. */
  readonly waitMs: number;
}

/** The loops over a window; all 0 where there is none, or nothing was late. */
export function loopState(sums: WindowSums): LoopState {
  if (sums.spanMs <= 0 || sums.loopLateTicks <= 0) return { erlangs: 0, restMs: 0, waitMs: 0 };
  return {
    // A loop that is late while its worker serves no request is no load: the machine is busy, or a background task runs.
    erlangs: Math.min(sums.loopBusyMs, sums.servingMs) / sums.spanMs,
    restMs: sums.loopLateMs / sums.loopLateTicks,
    waitMs: sums.loopLateMs / Math.max(1, sums.loopTicks),
  };
}

/**
 * Workers whose loops are busy so much of the time: an event loop is one server. The delay formula needs the mean rest of
 * what a server is doing, which late ticks measure: exponential times have the same rest as mean, so they stand for any.
 * Example: 4 loops of 200 ms blocks at work (rest 100 ms), 100 ms may be waited: 3.8 % of the requests wait longer on 6
 * workers, 0.7 % on 7.
 */
export function loopWorkers(erlangs: number, restMs: number, goal: WaitGoal, utilization: number): number {
  return workersFor(erlangs, 1, { ...goal, serviceMs: restMs, variation: 1, utilization });
}

/** Whether requests wait too long for their loops, over the burst window and still in the last second. */
export function loopsAreLate(recent: WindowSums, second: WindowSums, goal: WaitGoal): boolean {
  return loopState(recent).waitMs > goal.waitMs && loopState(second).waitMs > goal.waitMs;
}

/** The lower estimate of the busy loops: a late tick stands for its period, so that few of them prove little. */
export function lowerBusyLoops(sums: WindowSums): number {
  const { erlangs, restMs } = loopState(sums);
  return lowerErlangs(erlangs, Math.max(restMs, LOOP_TICK_MS), sums.spanMs);
}
