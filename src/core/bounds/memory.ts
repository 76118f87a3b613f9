/** Memory: how many workers fit, and when one must be removed. */

import {
  EXIT_BYTES,
  FULL_FOR_MS,
  FULL_SHARE,
  KILL_CEILING_MS,
  KILLS_TOGETHER_MS,
  MEMORY_SHRINK_PAUSE_MS,
  STALLED_SHARE,
  UNUSED_WORKER_BYTES,
} from "../constants.ts";
import type { PolicySettings } from "../policy_settings.ts";
import type { Bound, Reason } from "../reason.ts";
import { known, type Memory, type Sample, type WorkerCounts } from "../sample.ts";

/** What is remembered of memory between ticks. */
export interface MemoryWatch {
  /** OOM kills counted so far; undefined before they were first read. */
  readonly kills: number | undefined;
  /** Kills since the ceiling was last free. */
  readonly recentKills: number;
  readonly killedAtMs: number;
  /** No more workers than this until then. */
  readonly ceiling: number;
  readonly untilMs: number;
  /** Since when our control group is full; Infinity when it is not. */
  readonly fullSinceMs: number;
  readonly removedAtMs: number;
  /** The most workers that were ready at a time. */
  readonly mostReady: number;
}

/** Nothing happened yet. */
export const NO_MEMORY_TROUBLE: MemoryWatch = {
  kills: undefined,
  recentKills: 0,
  killedAtMs: -Infinity,
  ceiling: Infinity,
  untilMs: -Infinity,
  fullSinceMs: Infinity,
  removedAtMs: -Infinity,
  mostReady: 0,
};

/** A worker is removed for memory, whatever the load wants. */
export interface Removal {
  readonly workers: number;
  readonly reason: Reason;
}

/** Whether the kernel is about to kill a process of our control group. */
export function isNearlyFull(own: NonNullable<Memory["own"]>): boolean {
  return known(own) && own.usedBytes >= FULL_SHARE * own.limitBytes;
}

/** Takes in a sample: what to remember, and whether a worker is removed now. One at a time, and never the last one. */
export function watchMemory(
  before: MemoryWatch,
  sample: Sample,
  settings: PolicySettings,
  counts: WorkerCounts,
  target: number,
): { watch: MemoryWatch; removal: Removal | undefined } {
  const memory = known(sample.memory) ? sample.memory : undefined;
  let watch = before.untilMs < sample.nowMs ? { ...before, ceiling: Infinity, recentKills: 0 } : before;
  if (known(sample.workers) && sample.workers.ready > watch.mostReady) {
    watch = { ...watch, mostReady: sample.workers.ready };
  }
  watch = afterKills(watch, memory?.oomKills ?? "unknown", sample.nowMs, settings, target);
  if (watch.ceiling < target) {
    const reason = afterOomKills(watch, settings);
    return { watch: { ...watch, removedAtMs: sample.nowMs }, removal: { workers: watch.ceiling, reason } };
  }
  const own = memory?.own ?? "unknown";
  const isFull = isNearlyFull(own);
  watch = { ...watch, fullSinceMs: isFull ? Math.min(before.fullSinceMs, sample.nowMs) : Infinity };
  const isDue = sample.nowMs - watch.fullSinceMs >= FULL_FOR_MS &&
    sample.nowMs - watch.removedAtMs >= MEMORY_SHRINK_PAUSE_MS;
  // Full again after a kill, the minimum does not fit.
  const fewest = watch.recentKills > 0 ? 1 : settings.minWorkers;
  if (!known(own) || !isDue || counts.draining > 0 || target <= fewest) return { watch, removal: undefined };
  if (target <= settings.minWorkers) {
    const reason = afterOomKills(watch, settings);
    const lowered = { ...watch, ceiling: target - 1, removedAtMs: sample.nowMs };
    return { watch: lowered, removal: { workers: target - 1, reason } };
  }
  const reason = { code: "memory-full", usedBytes: own.usedBytes, limitBytes: own.limitBytes } as const;
  return { watch: { ...watch, removedAtMs: sample.nowMs }, removal: { workers: target - 1, reason } };
}

function afterOomKills(watch: MemoryWatch, settings: PolicySettings): Reason {
  return { code: "oom-kill", kills: watch.recentKills, minimum: settings.minWorkers };
}

/**
 * A single kill may be one greedy request: the minimum stands. Where they go on, or where all of it has never served, it
 * does not fit.
 */
function afterKills(
  watch: MemoryWatch,
  kills: NonNullable<Memory["oomKills"]>,
  nowMs: number,
  settings: PolicySettings,
  target: number,
): MemoryWatch {
  if (!known(kills)) return watch;
  const more = kills - (watch.kills ?? kills);
  if (more <= 0) return { ...watch, kills };
  const { minWorkers } = settings;
  const isTooMany = nowMs - watch.killedAtMs <= KILLS_TOGETHER_MS || watch.mostReady < minWorkers;
  const floor = isTooMany ? 1 : minWorkers;
  return {
    ...watch,
    kills,
    recentKills: watch.recentKills + more,
    killedAtMs: nowMs,
    ceiling: Math.max(floor, Math.min(watch.ceiling, target - 1)),
    untilMs: nowMs + KILL_CEILING_MS,
  };
}

/** What OOM kills leave of the maximum. */
export function killBound(watch: MemoryWatch, nowMs: number): Bound | undefined {
  if (watch.ceiling === Infinity) return undefined;
  return {
    workers: watch.ceiling,
    why: { code: "oom-kill", kills: watch.recentKills, forMs: watch.untilMs - nowMs },
  };
}

/**
 * Workers that fit: those there are, and what the room below the share of the limit holds when each takes as much as the
 * heaviest. Set aside first: what booting and unused workers will come to take, and in a control group of our own, whose
 * limit is hard, one worker more for a reload and what ends take. It stops growth and removes no worker.
 * Example: limit 1000 MiB, share 0.9, used 700, worker 60, 5 alive: room 200, 3 more: bound 8; in a group of our own room
 * 170, two more of 66: bound 7.
 *
 * @param young of the ready workers, those whose memory may not have been read; for where the sample reserves nothing
 */
export function memoryBound(
  sample: Sample,
  settings: PolicySettings,
  counts: WorkerCounts,
  young: number,
  target: number,
): Bound | undefined {
  const worker = expectedWorker(sample);
  if (!known(sample.memory) || worker === undefined) return undefined;
  const { workerBytes } = worker;
  const { limitBytes, usedBytes, reservedBytes = "unknown" } = sample.memory;
  const alive = counts.ready + counts.booting;
  const reserved = known(reservedBytes) ? reservedBytes : young * workerBytes;
  const isOwn = known(sample.memory.own ?? "unknown");
  const exitBytes = isOwn ? EXIT_BYTES : 0;
  const capacity = Math.min(limitBytes * settings.memoryShare, limitBytes - (isOwn ? workerBytes : 0));
  const room = capacity - usedBytes - reserved - counts.booting * workerBytes - alive * exitBytes;
  const isFull = isStalled(sample.memory);
  const more = isFull ? 0 : Math.max(0, Math.floor(room / (workerBytes + exitBytes)));
  return {
    // One that is about to drain is alive still: that is no room for another.
    workers: more > 0 ? Math.max(target, alive + more) : target,
    why: {
      code: "memory",
      usedBytes,
      limitBytes,
      ...worker,
      ...(isFull ? { isStalled: true } : {}),
    },
  };
}

/** What a new worker will take; undefined where that is not known. Before there is one to weigh, it is assumed. */
export function expectedWorker(
  { memory, workers }: Sample,
): { readonly workerBytes: number; readonly isAssumed?: true } | undefined {
  if (!known(memory)) return undefined;
  const { workerBytes, isAssumed = false } = memory;
  if (known(workerBytes)) {
    return workerBytes > 0 ? { workerBytes, ...(isAssumed ? { isAssumed } : {}) } : undefined;
  }
  const isThere = known(workers) && workers.ready > 0;
  return isThere ? undefined : { workerBytes: UNUSED_WORKER_BYTES, isAssumed: true };
}

/** Processes that memory holds beyond those there are. */
export type ReloadRoom = "none" | "one" | "more";

/**
 * Room for a reload, which replaces workers one by one. "more": beside those that drain for long. What is not known is
 * taken for room for one.
 * Example: limit 256 MiB, used 195, worker 150: none. Limit 1000 MiB, used 600, worker 150: more.
 */
export function reloadRoom({ memory }: Sample): ReloadRoom {
  if (!known(memory) || !known(memory.workerBytes)) return "one";
  const { limitBytes, usedBytes, workerBytes, isAssumed = false, reservedBytes = "unknown" } = memory;
  const freeBytes = limitBytes - usedBytes;
  if (freeBytes < workerBytes) return isAssumed ? "one" : "none";
  const isMore = known(reservedBytes) && freeBytes - reservedBytes >= 2 * workerBytes && !isStalled(memory);
  return isMore ? "more" : "one";
}

/** Whether processes wait for memory: no worker fits then, whatever is free. */
export function isStalled({ stalledShare = "unknown" }: Memory): boolean {
  return known(stalledShare) && stalledShare >= STALLED_SHARE;
}
