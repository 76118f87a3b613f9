import { bootsAreLate } from "../boot_time.ts";
import { type CpuWindows, onCpuShare, workersOnCores } from "../bounds/cpu_bound.ts";
import { STAND_BY_BUSY_SHARE, STAND_BY_SHARE } from "../constants.ts";
import { isAsync } from "../kinds.ts";
import type { PolicySettings } from "../policy_settings.ts";
import { known, queuedOrNone, type Sample } from "../sample.ts";

/** Workers that stand by. */
export interface StandBy {
  /** So many are kept, whatever the load wants; 0 for none. */
  readonly workers: number;
  /** A boot takes nothing now from those that serve. */
  readonly mayBoot: boolean;
  /** The most that the cores can run, as requests have last shown; Infinity before. */
  readonly runnable: number;
}

/** None stands by, and nothing is known of the requests. */
export const NONE_STANDS_BY: StandBy = { workers: 0, mayBoot: false, runnable: Infinity };

/** What they are counted by. */
export interface StandByInput {
  readonly sample: Sample;
  readonly settings: PolicySettings;
  readonly windows: CpuWindows;
  /** How long a worker took to boot, ms; 0 when not known. */
  readonly bootMs: number;
  /** Cores that requests want. */
  readonly servingCores: number;
}

/**
 * Where a boot takes longer than a request may, requests that wait for a worker are late, and boots under load take the CPU
 * of those that serve. There, half of the maximum stands by: these boot while no request waits and requests want at most
 * half of the cores. No more than the cores can run, and none where an idle application is to sleep. Event loops share
 * their cores without them.
 * Example: at most 12 workers that import for 2 s: 6 are kept. At most 3 of them where 2 cores run 3.
 */
export function nextStandBy(
  before: StandBy,
  { sample, settings, windows, bootMs, servingCores }: StandByInput,
): StandBy {
  const { cpu, model } = sample;
  if (isAsync(model.kind) || !known(cpu) || settings.sleepAfterMs > 0 || !bootsAreLate(bootMs, settings)) {
    return NONE_STANDS_BY;
  }
  const share = onCpuShare([windows.stable], model.kind);
  const runnable = share === undefined ? before.runnable : workersOnCores(cpu.limitCores, share);
  const wantedCores = Math.max(cpu.workerCores, servingCores);
  return {
    workers: Math.min(Math.ceil(STAND_BY_SHARE * settings.maxWorkers), runnable),
    mayBoot: queuedOrNone(sample) === 0 && wantedCores <= STAND_BY_BUSY_SHARE * cpu.limitCores,
    runnable,
  };
}
