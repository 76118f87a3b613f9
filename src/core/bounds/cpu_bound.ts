import {
  CPU_BOUND_SHARE,
  CPU_SLACK_FACTOR,
  CPU_USED_UP_SHARE,
  LEAST_CPU_WORKERS,
  LEAST_OCCUPIED_MS,
  NOT_COMPUTING_SHARE,
} from "../constants.ts";
import type { WindowSums } from "../history.ts";
import { hasLock, isAsync } from "../kinds.ts";
import type { Bound } from "../reason.ts";
import { roundUp } from "../round_up.ts";
import { known, type Sample } from "../sample.ts";

/** The windows that the CPU bound looks at. */
export interface CpuWindows {
  /** The last few seconds. */
  readonly recent: WindowSums;
  readonly stable: WindowSums;
  /** As long as the recent window, and ended when the CPU that was read last was used. */
  readonly asRead: WindowSums;
  /** As long as the recent window, and ended so long ago that the CPU of all in it has been read. */
  readonly before: WindowSums;
}

/**
 * More workers than can run at once only make each other slower: of sync and gthread workers when their requests want the
 * CPU for most of their time; of async workers, which use a core each, when the CPU is used up and half of it is theirs.
 * What requests do with their time is known from the quiet before a burst, so the first bound is there before the CPU is.
 * Time in the run queue does not count: it measures how crowded the CPU is, not what a request needs.
 * Example: 2 cores, requests on the CPU 90 % of their time: 2 / 0.9 * 1.25 = 2.8, so 3 workers.
 * @param was whether there was such a bound: then only a lower share ends it, as few requests show the share inexactly
 */
export function cpuBound(
  sample: Sample,
  { recent, stable, asRead, before }: CpuWindows,
  { bootsAreLate, was }: { readonly bootsAreLate: boolean; readonly was: boolean },
): Bound | undefined {
  if (!known(sample.cpu)) return undefined;
  const { limitCores, usedCores } = sample.cpu;
  if (isAsync(sample.model.kind)) {
    if (usedCores < CPU_USED_UP_SHARE * limitCores || recent.spanMs <= 0) return undefined;
    const onCpuShare = Math.min(1, recent.cpuMs / recent.spanMs / limitCores);
    if (onCpuShare < CPU_BOUND_SHARE) return undefined;
    return cpuBoundAt(roundUp(limitCores * CPU_SLACK_FACTOR), usedCores, limitCores, onCpuShare);
  }
  const isThreads = hasLock(sample.model);
  // CPU is read late: that of new workers is not in it yet, so the window before them counts. Sync workers are looked at
  // there only where a boot too many costs more than one that comes late.
  const latest = [withCpuOf(recent, asRead), ...(isThreads || bootsAreLate ? [before] : [])].filter(
    isTelling,
  );
  const telling = isThreads || latest.length === 0 ? [...latest, stable].filter(isTelling) : latest;
  if (telling.length === 0) return undefined;
  // Threads wait for each other's interpreter lock, not for a core: what their worker does while it serves counts.
  const onCpuShare = Math.max(
    ...telling.map((sums) => onCpu(sums, isThreads ? sums.servingMs : sums.occupiedMs)),
  );
  // Threads compute for less of their worker's time the more workers share them: that is no chance.
  if (onCpuShare < (was && !isThreads ? NOT_COMPUTING_SHARE : CPU_BOUND_SHARE)) return undefined;
  const workers = roundUp((limitCores / onCpuShare) * CPU_SLACK_FACTOR);
  return cpuBoundAt(workers, usedCores, limitCores, onCpuShare);
}

/** What requests did, beside the CPU that they used and waited for meanwhile, which is read late. */
function withCpuOf({ spanMs, cpuMs, cpuWaitMs }: WindowSums, asRead: WindowSums): WindowSums {
  // At the start of a history the earlier window is the shorter one.
  const part = spanMs > 0 ? asRead.spanMs / spanMs : 0;
  return { ...asRead, cpuMs: cpuMs * part, cpuWaitMs: cpuWaitMs * part };
}

/** Whether requests were in service for long enough to tell from it. */
export function isTelling({ occupiedMs }: WindowSums): boolean {
  return occupiedMs >= LEAST_OCCUPIED_MS;
}

/** Share of the time in service, without the run queue, that was spent on a core. */
function onCpu({ cpuMs, cpuWaitMs }: WindowSums, inServiceMs: number): number {
  const ownMs = Math.max(cpuMs, inServiceMs - cpuWaitMs);
  return ownMs > 0 ? cpuMs / ownMs : 0;
}

function cpuBoundAt(workers: number, usedCores: number, limitCores: number, onCpuShare: number): Bound {
  return {
    workers: Math.max(LEAST_CPU_WORKERS, workers),
    why: { code: "cpu", usedCores, limitCores, onCpuShare },
  };
}
