import { OPEN_GATE } from "../../../src/core/bounds/boot_gate.ts";
import { type BoundsInput, boundsOf } from "../../../src/core/bounds/bounds.ts";
import { History, type WindowSums } from "../../../src/core/history.ts";
import { DEFAULT_POLICY } from "../../../src/core/policy_settings.ts";
import type { Cpu, Memory, Sample } from "../../../src/core/sample.ts";
import { sample } from "../samples.ts";

export const MIB = 2 ** 20;
/** A window in which nothing is served. */
export const quiet: WindowSums = { ...new History(0).sums(0), spanMs: 3_000, workerMs: 6_000 };

/** The bounds of five ready workers, at most 12, with CPU that is read at once; override what a test is about. */
export function bounds(changes: Partial<Sample> = {}, rest: Partial<BoundsInput> = {}) {
  const looked = sample(10_000, changes);
  return boundsOf({
    sample: looked,
    settings: { ...DEFAULT_POLICY, maxWorkers: 12 },
    counts: { target: 5, ready: 5, booting: 0, draining: 0, oldestBootMs: 0 },
    young: 0,
    target: 5,
    gate: OPEN_GATE,
    bootMs: 20,
    recent: quiet,
    stable: quiet,
    asRead: rest.recent ?? quiet,
    before: quiet,
    ...rest,
  });
}

export const memory = (usedMib: number, workerMib: number | "unknown" = 60): Memory => ({
  limitBytes: 1000 * MIB,
  usedBytes: usedMib * MIB,
  workerBytes: workerMib === "unknown" ? "unknown" : workerMib * MIB,
});
export const cpu = (usedCores: number, changes: Partial<Cpu> = {}): Cpu => ({
  limitCores: 2,
  usedCores,
  workerCores: usedCores,
  waitingCores: 0,
  throttledShare: 0,
  busiestWorkerCores: 1,
  ...changes,
});
