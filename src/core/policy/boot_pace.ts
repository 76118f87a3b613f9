import { ownBootMs } from "../boot_time.ts";
import { LATE_BOOT_FACTOR, LEAST_BOOT_CORES, SHORT_BOOTS_MS } from "../constants.ts";
import { known, type Sample, type WorkerCounts } from "../sample.ts";

/** The boots under way that compute. */
export interface BootPace {
  /** CPU that each still needs, ms, by how long it takes alone; the oldest first. */
  readonly leftMs: readonly number[];
  /** The target in this tick. */
  readonly target: number;
}

/** No boot has begun. */
export const NO_BOOTS: BootPace = { leftMs: [], target: 0 };

/** What boots are paced by. */
export interface PaceInput {
  readonly sample: Sample;
  readonly counts: WorkerCounts;
  readonly target: number;
  /** Cores that requests want. */
  readonly servingCores: number;
}

/**
 * The boots under way, and the most workers while no more of them compute than there are cores for. Imports that share a
 * core are all ready as late as the last would be alone, and take what requests need. The next begins when one has computed
 * what a boot does, whatever it still waits for; while boots take longer than that, when one serves. Short ones are free.
 * Example: 2 cores, boots of 0.7 s CPU: 2 at once, 4 workers serve after 1.4 s. Of 10 at once none does before 3.5 s.
 */
export function nextPace(
  before: BootPace,
  { sample: { boots, cpu, elapsedMs }, counts, target, servingCores }: PaceInput,
): { pace: BootPace; most: number } {
  const aloneMs = known(boots) ? ownBootMs(boots) : "unknown";
  const bootCpuMs = known(boots) ? boots.lastBootCpuMs ?? "unknown" : "unknown";
  if (!known(cpu) || !known(aloneMs) || !known(bootCpuMs) || bootCpuMs <= 0) {
    return { pace: { leftMs: [], target }, most: Infinity };
  }
  const freeCores = Math.max(0, cpu.limitCores - Math.max(cpu.workerCores, servingCores));
  const begun: number[] = Array(Math.max(0, target - before.target)).fill(bootCpuMs);
  const underWay = Math.max(0, target - counts.ready);
  const leftBefore = [...before.leftMs, ...begun];
  const left = leftBefore.slice(Math.max(0, leftBefore.length - underWay));
  const ranMs = elapsedMs * Math.min(1, Math.max(LEAST_BOOT_CORES, freeCores) / Math.max(1, left.length));
  const leftMs = left.map((ms) => ms - ranMs).filter((ms) => ms > 0);
  // One that is done by the next tick makes room now.
  const computing = leftMs.filter((ms) => ms > ranMs).length;
  const short = Math.floor(cpu.limitCores * SHORT_BOOTS_MS / bootCpuMs);
  const mostComputing = Math.max(1, Math.round(freeCores), short);
  const mostBooting = Math.max(mostComputing, Math.round(freeCores * aloneMs / bootCpuMs));
  // Those that take far longer wait for something: others are begun beside them.
  const { booting, oldestBootMs } = counts;
  const isDue = booting > 0 && oldestBootMs >= aloneMs - elapsedMs;
  const beside = !isDue ? 0 : oldestBootMs < LATE_BOOT_FACTOR * aloneMs ? 1 : mostBooting;
  return {
    pace: { leftMs, target },
    most: Math.min(target + mostComputing - computing, counts.ready + mostBooting + beside),
  };
}
