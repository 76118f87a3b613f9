import {
  CPU_BOUND_SHARE,
  CPU_SLACK_FACTOR,
  CPU_USED_UP_SHARE,
  FIRST_BOOT_PAUSE_MS,
  LEAST_CPU_WORKERS,
  LEAST_OCCUPIED_MS,
  LONGEST_BOOT_PAUSE_MS,
} from "../constants.ts";
import type { WindowSums } from "../history.ts";
import type { PolicySettings } from "../policy_settings.ts";
import { isAsync } from "../kinds.ts";
import { killBound, memoryBound, type MemoryWatch, NO_MEMORY_TROUBLE } from "./memory.ts";
import type { Bound, Bounds } from "../reason.ts";
import { known, type Sample, type WorkerCounts } from "../sample.ts";
import { roundUp } from "../round_up.ts";

/** Whether growth is barred because workers fail to boot. */
export interface BootGate {
  /** Failures since a worker last became ready. */
  readonly failures: number;
  /** Growth is barred until then; 0 when it is not. */
  readonly retryAtMs: number;
}

/** A gate that stands open. */
export const OPEN_GATE: BootGate = { failures: 0, retryAtMs: 0 };

/** Boot failures bar growth for 1 s, then 2, 4 ... 60 s; a worker that became ready opens the gate. */
export function nextGate(gate: BootGate, sample: Sample, readyRose: boolean): BootGate {
  if (!known(sample.boots)) return gate;
  if (sample.boots.failures > 0) {
    const failures = gate.failures + sample.boots.failures;
    const pauseMs = Math.min(LONGEST_BOOT_PAUSE_MS, FIRST_BOOT_PAUSE_MS * 2 ** Math.min(failures - 1, 10));
    return { failures, retryAtMs: sample.nowMs + pauseMs };
  }
  if (gate.failures > 0 && readyRose && sample.nowMs >= gate.retryAtMs) return OPEN_GATE;
  return gate;
}

/** What the bounds are made from. */
export interface LimitInput {
  readonly sample: Sample;
  readonly settings: PolicySettings;
  readonly counts: WorkerCounts;
  /** Of the ready workers, those so young that the memory in use may not show them yet. */
  readonly young: number;
  readonly target: number;
  readonly gate: BootGate;
  /** Nothing happened yet, when not given. */
  readonly memory?: MemoryWatch;
  /** The last few seconds, and the stable window, for the CPU bound. */
  readonly recent: WindowSums;
  readonly stable: WindowSums;
  /** As long as the recent window, and ended so long ago that the CPU of all in it has been read. */
  readonly before: WindowSums;
}

/**
 * How many workers there may be, and what says so. The minimum holds whatever the machine says, unless the kernel has
 * killed workers down to less.
 */
export function boundsOf(input: LimitInput): Bounds {
  const { settings } = input;
  const all: Bound[] = [{ workers: settings.maxWorkers, why: { code: "configured" } }];
  const { sample, counts, young, target, memory = NO_MEMORY_TROUBLE } = input;
  const killed = killBound(memory, sample.nowMs);
  const min = Math.min(settings.minWorkers, killed?.workers ?? Infinity);
  const fits = memoryBound(sample, settings, counts, young, target);
  for (const bound of [fits, killed, cpuBound(input), bootBound(input)]) {
    if (bound !== undefined) all.push({ ...bound, workers: Math.max(min, bound.workers) });
  }
  all.sort((a, b) => a.workers - b.workers);
  return { min, max: all[0]!, all };
}

/**
 * More workers than can run at once only make each other slower: of sync and gthread workers when their requests want the
 * CPU for most of their time; of async workers, which use a core each, when the CPU is used up and half of it is theirs.
 * What requests do with their time is known from the quiet before a burst, so the first bound is there before the CPU is.
 * Time in the run queue does not count: it says how crowded the CPU is, not what a request needs.
 * Example: 2 cores, requests on the CPU 90 % of their time: 2 / 0.9 * 1.25 = 2.8, so 3 workers.
 */
function cpuBound({ sample, recent, stable, before }: LimitInput): Bound | undefined {
  if (!known(sample.cpu)) return undefined;
  const { limitCores, usedCores } = sample.cpu;
  if (isAsync(sample.model.kind)) {
    if (usedCores < CPU_USED_UP_SHARE * limitCores || recent.spanMs <= 0) return undefined;
    const onCpuShare = Math.min(1, recent.cpuMs / recent.spanMs / limitCores);
    if (onCpuShare < CPU_BOUND_SHARE) return undefined;
    return cpuBoundAt(roundUp(limitCores * CPU_SLACK_FACTOR), usedCores, limitCores, onCpuShare);
  }
  const isThreads = sample.model.kind === "gthread";
  // CPU is read late: of workers that have just come it is not there yet, and only what was before them tells.
  const telling = [recent, ...(isThreads ? [before] : []), stable].filter((s) =>
    s.occupiedMs >= LEAST_OCCUPIED_MS
  );
  if (telling.length === 0) return undefined;
  // Threads wait for each other's interpreter lock, not for a core: what their worker does while it serves counts.
  const onCpuShare = isThreads
    ? Math.max(...telling.map((sums) => onCpu(sums, sums.servingMs)))
    : onCpu(telling[0]!, telling[0]!.occupiedMs);
  if (onCpuShare < CPU_BOUND_SHARE) return undefined;
  const workers = roundUp((limitCores / onCpuShare) * CPU_SLACK_FACTOR);
  return cpuBoundAt(workers, usedCores, limitCores, onCpuShare);
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

function bootBound({ sample, gate, target }: LimitInput): Bound | undefined {
  if (gate.failures === 0 || sample.nowMs >= gate.retryAtMs) return undefined;
  return {
    workers: target,
    why: { code: "boot-failures", failures: gate.failures, retryInMs: gate.retryAtMs - sample.nowMs },
  };
}
