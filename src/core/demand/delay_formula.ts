/**
 * How many servers a load needs so that few requests wait long: Erlang's delay formula.
 *
 * A flat utilization target wastes workers where there are many and starves where there are few: at 80 % busy, 2
 * workers make every other request wait, 50 workers make almost none.
 * Source: A. K. Erlang 1917; L. Kleinrock, Queueing Systems I (1975), M/M/m.
 */

import { roundUp } from "../round_up.ts";

/**
 * Share of requests that find all servers busy, M/M/m: Erlang C.
 *
 * @param servers whole number, at least 1
 * @param erlangs offered load: arrivals per second times service time in seconds, below `servers`
 * @returns 0..1; 1 when the load is not below the servers
 */
export function shareThatWaits(servers: number, erlangs: number): number {
  if (erlangs <= 0) return 0;
  if (erlangs >= servers) return 1;
  // Erlang B by its recursion B(n) = aB(n-1) / (n + aB(n-1)), stable for any size; then C from B.
  let blocked = 1;
  for (let n = 1; n <= servers; n++) blocked = (erlangs * blocked) / (n + erlangs * blocked);
  const utilization = erlangs / servers;
  return blocked / (1 - utilization * (1 - blocked));
}

/**
 * Share of requests that wait longer than `waitMs`: C(m, a) * exp(-(m - a) * wait / service * 2 / (1 + variation)).
 * The last factor is 1 for exponential service times (variation 1); the less they vary, the shorter waits are, half as
 * long when all take the same. Source: Allen and Cunneen's approximation for G/G/m, W = W(M/M/m) * (ca2 + cs2) / 2, with
 * Poisson arrivals (A. O. Allen, Probability, Statistics and Queueing Theory, 1990), applied to the tail.
 * Example: 6 erlangs of 100 ms on 8 servers: 36 % wait, 0.7 % longer than 200 ms; on 7 servers 8.3 %, but 1.1 % when every
 * request takes 100 ms exactly.
 * @param variation variance of the service time over its squared mean
 */
export function shareThatWaitsLonger(
  servers: number,
  erlangs: number,
  serviceMs: number,
  waitMs: number,
  variation = 1,
): number {
  if (erlangs >= servers) return 1;
  const meanWaitMs = (serviceMs * (1 + variation)) / 2 / (servers - erlangs);
  const decay = meanWaitMs > 0 ? Math.exp(-waitMs / meanWaitMs) : 0;
  return shareThatWaits(servers, erlangs) * decay;
}

/** What waiting a caller accepts. */
export interface WaitGoal {
  readonly serviceMs: number;
  /** Variance of the service time over its squared mean: 0 when all take the same, 1 for exponential times. */
  readonly variation: number;
  /** Requests should not wait longer than this ... */
  readonly waitMs: number;
  /** ... except this share of them, 0..1. */
  readonly lateShare: number;
  /** Servers should not be busier than this on average, 0..1. */
  readonly utilization: number;
}

/**
 * The least whole number of workers, each of `slots` servers, that meets the goal for a load in erlangs.
 * 0 for no load. The search starts at the utilization bound and ends at most a few steps later.
 */
export function workersFor(erlangs: number, slots: number, goal: WaitGoal): number {
  if (!(erlangs > 0)) return 0;
  let workers = Math.max(1, roundUp(erlangs / (slots * goal.utilization)));
  while (
    workers < 10_000 &&
    shareThatWaitsLonger(workers * slots, erlangs, goal.serviceMs, goal.waitMs, goal.variation) >
      goal.lateShare
  ) workers++;
  return workers;
}
