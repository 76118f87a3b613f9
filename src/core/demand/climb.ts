import { CLIMB_PARTS, LEAST_CLIMB_SHARE, LOWER_SIGMAS } from "../constants.ts";
import type { History } from "../history.ts";
import { known, type Maybe } from "../sample.ts";

/** What a climb is seen by. */
export interface ClimbInput {
  readonly history: History;
  /** Where it is looked for. */
  readonly windowMs: number;
  readonly serviceMs: Maybe<number>;
  /** From now until a worker asked for now serves. */
  readonly leadMs: number;
}

/**
 * Erlangs that there will be at the end of a boot, in a load that climbs; 0 where it does not. The line through the
 * arrivals of three parts of the window goes on, its slope and its height less one standard deviation each (of Poisson
 * counts). Each step from part to part has its share of the rise: a load that jumped stays where it is.
 * Example: 10, 20 and 30 requests/s of 100 ms, each for 3.3 s, and a boot of 2 s: parts of 33, 67 and 100 rise by 33 - 6.
 * From their middle to the end of the boot it is 2.1 parts: 67 + 2.1 * 27 - 5 = 120 in 3.3 s, 3.6 erlangs.
 */
export function climbErlangs({ history, windowMs, serviceMs, leadMs }: ClimbInput): number {
  if (!known(serviceMs)) return 0;
  const partMs = windowMs / CLIMB_PARTS;
  const parts = Array.from({ length: CLIMB_PARTS }, (_, part) => history.sums(partMs, part * partMs));
  // Half a part is missing at most: ticks do not fall together with parts.
  if (parts.some(({ spanMs }) => spanMs < partMs / 2)) return 0;
  const [last = 0, middle = 0, first = 0] = parts.map(({ arrivals, spanMs }) => arrivals / spanMs * partMs);
  const rise = (last - first) / 2 - LOWER_SIGMAS * Math.sqrt(first + last) / 2;
  const least = LEAST_CLIMB_SHARE * (last - first);
  if (rise <= 0 || middle - first < least || last - middle < least) return 0;
  const mean = (first + middle + last) / CLIMB_PARTS;
  const then = mean + rise * (CLIMB_PARTS / 2 + leadMs / partMs);
  return (then - LOWER_SIGMAS * Math.sqrt(mean / CLIMB_PARTS)) * serviceMs / partMs;
}
