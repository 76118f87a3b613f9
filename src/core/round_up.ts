import { ROUNDING } from "./constants.ts";

/** The least whole number of workers that is enough; rounding errors of the last digits add none. */
export function roundUp(workers: number): number {
  return Math.ceil(workers - ROUNDING);
}
