import { Autoscaler } from "../../src/core/autoscaler.ts";
import { DEFAULT_POLICY, type PolicySettings } from "../../src/core/policy_settings.ts";
import type { Decision } from "../../src/core/reason.ts";
import { durations, load, sample } from "./samples.ts";

/** A load over time: requests/s and service time at a moment. */
export interface Flow {
  readonly rps: number;
  readonly serviceMs: number;
}

/** What one tick of a trajectory came to. */
export interface Moment {
  readonly nowMs: number;
  readonly queue: number;
  readonly ready: number;
  readonly decision: Decision;
}

export interface FluidOptions {
  readonly settings?: Partial<PolicySettings>;
  readonly tickMs?: number;
  readonly bootMs?: number;
  /** Multiplies the arrivals of a tick; 1 by default. A seeded source of noise goes here. */
  readonly noise?: () => number;
}

/**
 * Drives the core against the simplest model of sync workers that can starve: work flows in at rps x service, ready
 * workers drain it, what they cannot do queues. No randomness of its own; the discrete-event simulator is elsewhere.
 */
export function trajectory(
  flow: (nowMs: number) => Flow,
  untilMs: number,
  options: FluidOptions = {},
): Moment[] {
  const settings: PolicySettings = { ...DEFAULT_POLICY, maxWorkers: 12, ...options.settings };
  const tickMs = options.tickMs ?? 100;
  const bootMs = options.bootMs ?? 20;
  const law = new Autoscaler(settings, settings.minWorkers);
  let boots: number[] = [];
  let ready = settings.minWorkers;
  let queueMs = 0; // work that waits, in ms of service
  const moments: Moment[] = [];
  for (let nowMs = 0; nowMs <= untilMs; nowMs += tickMs) {
    const { rps, serviceMs } = flow(nowMs);
    const arrivals = (rps * tickMs * (options.noise?.() ?? 1)) / 1000;
    ready += boots.filter((at) => at <= nowMs).length;
    boots = boots.filter((at) => at > nowMs);
    const workMs = queueMs + arrivals * serviceMs;
    const doneMs = Math.min(workMs, ready * tickMs);
    const before = queueMs / Math.max(serviceMs, 1);
    queueMs = workMs - doneMs;
    const queue = Math.floor(queueMs / Math.max(serviceMs, 1));
    const finished = doneMs / Math.max(serviceMs, 1);
    const decision = law.step(
      sample(nowMs, {
        elapsedMs: nowMs === 0 ? 0 : tickMs,
        workers: {
          target: ready + boots.length,
          ready,
          booting: boots.length,
          draining: 0,
          oldestBootMs: boots.length > 0 ? bootMs - (Math.min(...boots) - nowMs) : 0,
        },
        load: load({
          inFlight: Math.min(ready, Math.ceil(doneMs / tickMs)),
          inFlightMs: doneMs,
          busyMs: doneMs,
          started: Math.max(0, arrivals - (queue - Math.floor(before))),
          finished,
          serviceMs: doneMs,
          service: durations(finished, serviceMs),
        }),
        queue,
        boots: { failures: 0, lastBootMs: bootMs },
      }),
      settings,
    );
    const change = decision.target - ready - boots.length;
    for (let i = 0; i < change; i++) boots.push(nowMs + bootMs);
    if (change < 0) ready = Math.max(1, ready + change);
    moments.push({ nowMs, queue, ready, decision });
  }
  return moments;
}

/** Seeded uniform numbers in 0..1 (mulberry32). */
export function seeded(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
