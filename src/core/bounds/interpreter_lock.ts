import { type CpuWindows, isTelling } from "./cpu_bound.ts";
import { ALONE_SHARE, MOST_ALONE_VARIATION, NOT_COMPUTING_SHARE, SATURATED_SHARE } from "../constants.ts";
import type { WindowSums } from "../history.ts";

/**
 * Whether each gthread worker is to take one request at a time. Of requests that compute it runs one at a time, because of
 * the interpreter lock: four that it takes run at a quarter of the speed, while in the accept queue they would wait for
 * whichever worker is free. First come, first served is quicker than taking turns while service times vary less than
 * exponential ones do; where they vary more, short requests would wait behind long ones.
 * Source: L. Kleinrock, Queueing Systems II (1976): the mean time of M/G/1 in turns is that of M/M/1.
 * @param was whether they take one at a time now: then only a lower share ends it
 * @param variation variance of the service times over their squared mean
 */
export function oneAtATime(
  was: boolean,
  { recent, stable, before }: Omit<CpuWindows, "asRead">,
  variation: number,
): boolean {
  const shares = [recent, before, stable].filter(isTelling).map(computingShare);
  if (shares.length === 0) return was;
  if (variation > (was ? 1 : MOST_ALONE_VARIATION)) return false;
  if (was) return !isTelling(recent) || computingShare(recent) >= NOT_COMPUTING_SHARE;
  return Math.max(...shares) >= ALONE_SHARE;
}

/**
 * Share of its time that a request computes when it is alone in its worker, 0..1. With k of them in service the worker
 * computes unless all of them wait: 1 - (1 - share)^k of the time.
 * Example: 2 in service on average, on the CPU for 75 % of the time: 50 %.
 */
export function computingShare({ cpuMs, cpuWaitMs, servingMs, occupiedMs }: WindowSums): number {
  const ranMs = Math.max(cpuMs, servingMs - cpuWaitMs);
  if (ranMs <= 0) return 0;
  const inService = Math.max(1, occupiedMs / Math.max(servingMs, 1));
  return 1 - (1 - Math.min(SATURATED_SHARE, cpuMs / ranMs)) ** (1 / inService);
}
