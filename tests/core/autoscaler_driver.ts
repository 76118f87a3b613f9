import { Autoscaler } from "../../src/core/autoscaler.ts";
import { DEFAULT_POLICY, type PolicySettings } from "../../src/core/policy_settings.ts";
import type { Decision, Facts } from "../../src/core/reason.ts";
import type { Finished, Sample } from "../../src/core/sample.ts";
import { durations, sample } from "./samples.ts";

/** One autoscaler, driven by samples that follow each other after 100 ms. */
export class Driver {
  nowMs = 0;
  readonly settings: PolicySettings;
  readonly #law: Autoscaler;

  /** `first`: what is other in the first sample, which has no time behind it. */
  constructor(settings: Partial<PolicySettings> = {}, target = 2, first: Partial<Sample> = {}) {
    this.settings = { ...DEFAULT_POLICY, maxWorkers: 20, ...settings };
    this.#law = new Autoscaler(this.settings, target);
    this.step({ elapsedMs: 0, ...first });
  }

  get oneAtATime(): boolean {
    return this.#law.oneAtATime;
  }

  step(changes: Partial<Sample> = {}): Decision {
    const decision = this.#law.step(sample(this.nowMs, changes), this.settings);
    this.nowMs += changes.elapsedMs === 0 ? 0 : 100;
    return decision;
  }

  /** The same sample several times; the last decision. */
  run(times: number, changes: Partial<Sample> = {}): Decision {
    for (let i = 1; i < times; i++) this.step(changes);
    return this.step(changes);
  }
}

/** What was seen when a decision was taken. */
export function facts({ demand }: Decision): Facts {
  if (demand === "unknown") throw new Error("there was no demand");
  return demand.facts;
}
/** So many workers that serve, and that boot. */
export const workers = (ready: number, booting = 0) => ({
  target: ready,
  ready,
  booting,
  draining: 0,
  oldestBootMs: 0,
});
/** What StatsD says of requests that have finished. */
export const finished = (requests: number, durationMs: number): Finished => ({
  requests,
  durations: durations(requests, durationMs),
  durationCount: requests,
  durationSumMs: requests * durationMs,
});
/** Nothing but StatsD and the queue, as without the probe. */
export const heard = (requests: number, durationMs: number, queue: Sample["queue"] = 0): Partial<Sample> => ({
  load: "unknown",
  statsd: finished(requests, durationMs),
  queue,
});
