import { FIRST_BOOT_PAUSE_MS, LONGEST_BOOT_PAUSE_MS } from "../constants.ts";
import type { Bound } from "../reason.ts";
import { known, type Sample, type WorkerCounts } from "../sample.ts";

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
    const pauseMs = Math.min(LONGEST_BOOT_PAUSE_MS, FIRST_BOOT_PAUSE_MS * 2 ** (failures - 1));
    return { failures, retryAtMs: sample.nowMs + pauseMs };
  }
  if (gate.failures > 0 && readyRose && sample.nowMs >= gate.retryAtMs) return OPEN_GATE;
  return gate;
}

/**
 * No growth before a first worker serves: boots that compute would take each other's CPU, and all would serve later.
 * @param bootMs how long the latest worker took to boot; 0 before one has
 */
export function firstBootBound(
  { ready, booting }: WorkerCounts,
  bootMs: number,
  target: number,
): Bound | undefined {
  return ready === 0 && booting > 0 && bootMs === 0
    ? { workers: target, why: { code: "first-boot" } }
    : undefined;
}

/** No growth until the gate opens. */
export function bootBound(gate: BootGate, nowMs: number, target: number): Bound | undefined {
  if (gate.failures === 0 || nowMs >= gate.retryAtMs) return undefined;
  return {
    workers: target,
    why: { code: "boot-failures", failures: gate.failures, retryInMs: gate.retryAtMs - nowMs },
  };
}
