/** How many requests wait, where only the waits of those that have begun are known. */

import { LEAST_KERNEL_WAIT_MS } from "./constants.ts";
import { lowerBoundMs, middleMs } from "./histogram.ts";

/**
 * Little's law: what waits is the rate at which requests begin x their mean wait. Rounded, as it is an estimate.
 * Example: 2 requests began in 100 ms, after 300 and 500 ms: 20/s x 0.4 s = 8 wait.
 *
 * @param waits bucket counts of the waits that were measured, not of all that began
 */
export function waitingByLittle(begun: number, waits: ArrayLike<number>, elapsedMs: number): number {
  let measured = 0, waitedMs = 0;
  for (let i = 0; i < waits.length; i++) {
    measured += waits[i]!;
    if (lowerBoundMs(i) >= LEAST_KERNEL_WAIT_MS) waitedMs += waits[i]! * middleMs(i);
  }
  return measured > 0 && elapsedMs > 0 ? Math.round((begun / elapsedMs) * (waitedMs / measured)) : 0;
}
