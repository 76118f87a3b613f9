import { EXIT_BYTES, FULL_SHARE } from "../constants.ts";
import type { Bound } from "../reason.ts";
import { known, type Sample, type WorkerCounts } from "../sample.ts";
import { expectedWorker, isStalled } from "./memory.ts";

/**
 * Workers of the minimum that memory holds: those there are, and what the rest of the limit holds when each takes as much
 * as the heaviest. No share is kept for others and no room for a reload, but a control group of our own does not get full.
 * It removes no worker.
 * Example: limit 256 MiB, used 195, worker 150, 1 alive: 1. Limit 512 of our own: room 486 - 195 - 6, 1 more of 156: 2.
 */
export function minimumBound(sample: Sample, counts: WorkerCounts, target: number): Bound | undefined {
  const worker = expectedWorker(sample);
  if (!known(sample.memory) || worker === undefined) return undefined;
  const { limitBytes, usedBytes, reservedBytes = "unknown", own = "unknown" } = sample.memory;
  const [exitBytes, share] = known(own) ? [EXIT_BYTES, FULL_SHARE] : [0, 1];
  // Those that are not seen yet are about to take theirs.
  const alive = known(sample.workers) ? counts.ready + counts.booting : target;
  const booting = known(sample.workers) ? counts.booting : target;
  const room = share * limitBytes - usedBytes - (known(reservedBytes) ? reservedBytes : 0) -
    booting * worker.workerBytes - alive * exitBytes;
  const more = isStalled(sample.memory)
    ? 0
    : Math.max(0, Math.floor(room / (worker.workerBytes + exitBytes)));
  return {
    workers: more > 0 ? Math.max(target, alive + more) : target,
    why: { code: "memory", usedBytes, limitBytes, ...worker },
  };
}
