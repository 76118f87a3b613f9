import {
  ASYNC_CORE_UTILIZATION,
  BEGUN_SHARE,
  BLOCKED_LOOP_FACTOR,
  BLOCKED_LOOP_UTILIZATION,
  COMPUTING_LOOP_SHARE,
  CPU_SLACK_FACTOR,
  DOWN_LOAD_FACTOR,
  LATE_LOOPS_LEAST_MS,
  LATE_LOOPS_SHARE,
  LOOP_TICK_MS,
} from "../constants.ts";
import type { WindowSums } from "../history.ts";
import { roundUp } from "../round_up.ts";
import { type Cpu, known, type Maybe } from "../sample.ts";
import { lowerCount, lowerErlangs } from "./offered_load.ts";
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

/**
 * The most loops that help where loops are busy because they compute or wait for a core: more wait for the same cores, and
 * their boots take these from the loops that serve. Any number where loops wait for something else.
 * Example: half a core, requests that compute: 1 loop, however late it is.
 */
export function mostLoops(
  { cpuMs, cpuWaitMs, loopBusyMs, servingMs }: WindowSums,
  cpu: Maybe<Cpu>,
): number {
  if (!known(cpu)) return Infinity;
  const isComputing = cpuMs + cpuWaitMs >= COMPUTING_LOOP_SHARE * Math.min(loopBusyMs, servingMs);
  return isComputing ? roundUp(cpu.limitCores * CPU_SLACK_FACTOR) : Infinity;
}

/** Whether requests wait too long for their loops, over the burst window and still in the last second. */
export function loopsAreLate(recent: WindowSums, second: WindowSums, goal: WaitGoal): boolean {
  const mostMs = Math.max(goal.waitMs * LATE_LOOPS_SHARE, Math.min(goal.waitMs, LATE_LOOPS_LEAST_MS));
  return loopState(recent).waitMs > mostMs && loopState(second).waitMs > mostMs;
}

/** The lower estimate of the busy loops: a late tick stands for its period, so that few of them prove little. */
export function lowerBusyLoops(sums: WindowSums): number {
  const { erlangs, restMs } = loopState(sums);
  return lowerErlangs(erlangs, Math.max(restMs, LOOP_TICK_MS), sums.spanMs);
}

/** Workers for so many busy loops, whose work is as long as in this window; `margin` as factor on how busy they may be. */
export function loopsFor(
  erlangs: number,
  sums: WindowSums,
  goal: WaitGoal,
  margin = 1,
): number {
  const utilization = isBlocked(sums) ? BLOCKED_LOOP_UTILIZATION : ASYNC_CORE_UTILIZATION;
  return loopWorkers(erlangs, loopState(sums).restMs, goal, utilization * margin);
}

/** Loops that the load of a window needs, at least: those that were busy, or those that its arrivals block. */
export function neededLoops(sums: WindowSums): number {
  return Math.max(lowerBusyLoops(sums), blockedLoops(sums, sums));
}

/** Workers of which loops are short enough busy for fewer than there are; blocked ones over the stable window too. */
export function enoughLoops(stable: WindowSums, recent: WindowSums, goal: WaitGoal): number {
  const before = isBlocked(stable) ? loopState(stable).erlangs : 0;
  const busy = Math.max(loopState(recent).erlangs, before);
  return loopsFor(busy * DOWN_LOAD_FACTOR, recent, goal, DOWN_LOAD_FACTOR);
}

/**
 * Event loops that the arrivals of a window need, at the time a request has kept a loop busy in another. Only
 * where loops are blocked: of loops that compute, the CPU that they use is more exact.
 * Example: 20 requests/s that block for 200 ms need 4, also while 2 workers can show no more than 2 busy
 * loops.
 */
export function blockedLoops(sums: WindowSums, before: WindowSums): number {
  if (!isBlocked(before)) return 0;
  return (lowerCount(sums.arrivals) * blockedMs(before)) / sums.spanMs;
}

/**
 * How long a request keeps a blocked loop busy on average, ms; 0 where loops are not blocked. Of long ones few have finished
 * when many have begun: those kept it busy too.
 * Example: a second of busy loops, 12 requests of 2 s have begun and one has finished: 167 ms, not a second.
 */
export function blockedMs(sums: WindowSums): number {
  if (!isBlocked(sums)) return 0;
  return (loopState(sums).erlangs * sums.spanMs) / Math.max(sums.finished, sums.started * BEGUN_SHARE);
}

/** Whether loops wait for something within a turn: they are busy for far longer than they compute. */
function isBlocked(sums: WindowSums): boolean {
  return sums.finished > 0 && lowerBusyLoops(sums) * sums.spanMs >= BLOCKED_LOOP_FACTOR * sums.cpuMs;
}
