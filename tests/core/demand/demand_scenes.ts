import { demandOf } from "../../../src/core/demand/demand.ts";
import type { DemandInput } from "../../../src/core/demand/observed.ts";
import { DEFAULT_POLICY } from "../../../src/core/policy_settings.ts";
import type { Tick } from "../../../src/core/history.ts";
import type { Cpu, Sample, WorkerKind } from "../../../src/core/sample.ts";
import { durations, sample } from "../samples.ts";
import { ticks } from "../ticks.ts";

export const SETTINGS = { ...DEFAULT_POLICY, maxWorkers: 100 };
export const CPU: Cpu = {
  limitCores: 8,
  usedCores: 1,
  workerCores: 1,
  waitingCores: 0,
  throttledShare: 0,
  busiestWorkerCores: 1,
};

/** What has been seen, and what else is known. */
export interface Scene {
  readonly kind?: WorkerKind;
  readonly slots?: number;
  /** Each of the last hundred ticks of 100 ms. */
  readonly always?: Partial<Tick>;
  /** The newest ticks, in place of those. */
  readonly recent?: readonly Partial<Tick>[];
  readonly sample?: Partial<Sample>;
  readonly input?: Partial<DemandInput>;
}

/** What is known ten seconds into a scene, long after the last growth, of two ready workers. */
export function inputOf(
  { kind = "sync", slots = 1, always = {}, recent = [], sample: seen = {}, input = {} }: Scene,
): DemandInput {
  const before = Array.from({ length: Math.max(0, 100 - recent.length) }, () => always);
  return {
    sample: sample(10_000, { model: { kind, slots }, ...seen }),
    history: ticks([...before, ...recent]),
    settings: SETTINGS,
    counts: { target: 2, ready: 2, booting: 0, draining: 0, oldestBootMs: 0 },
    target: 2,
    bootMs: 40,
    sinceUpMs: Infinity,
    ...input,
  };
}

/** What is asked for in a scene. */
export const demand = (scene: Scene) => demandOf(inputOf(scene));

/** Requests per tick of 100 ms that each take so long. */
export const requests = (n: number, serviceMs: number): Partial<Tick> => ({
  arrivals: n,
  occupiedMs: n * serviceMs,
  serviceMs: n * serviceMs,
  durations: durations(n, serviceMs),
});

/** Workers that one signal asks for in a scene; 0 when it does not ask. */
export const asked = (scene: Scene, signal: string) =>
  demand(scene).signals.find((s) => s.signal === signal)?.workers ?? 0;

/** A worker class that uses so many cores all the time. */
export const computing = (cores: number, kind: WorkerKind, rest: Partial<Scene> = {}): Scene => ({
  kind,
  slots: 1_000,
  always: { ...requests(1, 1), cpuMs: 100 * cores },
  sample: { cpu: CPU },
  ...rest,
});

/** From 5 to 100 requests a second, half a second ago. */
export const jump = (kind: WorkerKind, serviceMs: number, rest: Partial<Scene> = {}): Scene => ({
  kind,
  always: requests(0.5, serviceMs),
  recent: Array<Partial<Tick>>(5).fill(requests(10, serviceMs)),
  ...rest,
});

/** What the objective asks for where requests take 400 ms. */
export const slow = (rest: Partial<Tick>, scene: Partial<Scene> = {}) =>
  asked({ always: { ...requests(1, 400), occupiedMs: 20, ...rest }, ...scene }, "slo");

/** Durations of which one in so many takes a thousand times as long. */
export function mixed(oneIn: number): Float64Array {
  const counts = durations(oneIn - 1, 2);
  counts.set(durations(1, 2_000).map((n, i) => n + counts[i]!));
  return counts;
}
