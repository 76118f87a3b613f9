import { bootsAreLate } from "../boot_time.ts";
import type { PolicySettings } from "../policy_settings.ts";
import type { Bound, Bounds } from "../reason.ts";
import type { Sample, WorkerCounts } from "../sample.ts";
import { bootBound, type BootGate, firstBootBound } from "./boot_gate.ts";
import { cpuBound, type CpuWindows } from "./cpu_bound.ts";
import { killBound, memoryBound, type MemoryWatch, NO_MEMORY_TROUBLE } from "./memory.ts";

/** What the bounds are made from. */
export interface BoundsInput extends CpuWindows {
  readonly sample: Sample;
  readonly settings: PolicySettings;
  readonly counts: WorkerCounts;
  /** Of the ready workers, those so young that the memory in use may not show them yet. */
  readonly young: number;
  readonly target: number;
  readonly gate: BootGate;
  /** How long the latest worker took to boot; 0 before one has. */
  readonly bootMs: number;
  /** Whether the CPU was a bound in the tick before; not, when left out. */
  readonly wasCpuBound?: boolean;
  /** Nothing happened yet, when not given. */
  readonly memory?: MemoryWatch;
  /** What memory holds of the minimum; all of it, when not given. */
  readonly minimumThatFits?: Bound | undefined;
}

/**
 * How many workers there may be, and why. The minimum holds against every bound, but for memory that does not hold it, and
 * for workers of it that fail to boot: these do not grow to it.
 */
export function boundsOf(input: BoundsInput): Bounds {
  const { settings } = input;
  const all: Bound[] = [{ workers: settings.maxWorkers, why: { code: "configured" } }];
  const { sample, counts, young, target, gate, bootMs, memory = NO_MEMORY_TROUBLE, minimumThatFits } = input;
  const killed = killBound(memory, sample.nowMs);
  const barred = bootBound(gate, sample.nowMs, target);
  const fewest = [
    settings.minWorkers,
    ...[killed, barred, minimumThatFits].flatMap((bound) => bound?.workers ?? []),
  ];
  const min = Math.min(...fewest);
  const fits = memoryBound(sample, settings, counts, young, target);
  const cpu = { bootsAreLate: bootsAreLate(bootMs, settings), was: input.wasCpuBound ?? false };
  const boots = [barred, firstBootBound(counts, bootMs, target)];
  for (const bound of [fits, killed, cpuBound(sample, input, cpu), ...boots]) {
    if (bound !== undefined) all.push({ ...bound, workers: Math.max(min, bound.workers) });
  }
  all.sort((a, b) => a.workers - b.workers);
  const isShort = minimumThatFits?.workers === min && min < settings.minWorkers;
  const short = isShort ? { short: { minimum: settings.minWorkers, ...minimumThatFits } } : {};
  return { min, max: all[0]!, all, ...short };
}
