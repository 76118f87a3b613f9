import { decide } from "../../../src/core/policy/policy.ts";
import { initialPolicy, type PolicyState } from "../../../src/core/policy/policy_state.ts";
import { AUTO, type Order } from "../../../src/core/policy/standing_order.ts";
import { DEFAULT_POLICY, type PolicySettings } from "../../../src/core/policy_settings.ts";
import type { Bounds, Decision, Demand } from "../../../src/core/reason.ts";
import type { Maybe } from "../../../src/core/sample.ts";

/** What was seen, with nothing remarkable in it. */
export const facts: Demand["facts"] = {
  rps: 10,
  finishedRps: 0,
  hangs: false,
  erlangs: 1,
  inFlight: 1,
  queued: 0,
  serviceMs: 100,
  p95Ms: 120,
  recentP95Ms: 120,
  utilization: 0.5,
  streamWorkers: 0,
  openStreams: 0,
  loopsBusy: 0,
  loopWaitMs: 0,
  workerCores: "unknown",
  limitCores: "unknown",
};

/** A demand for so many workers, by the load. */
export function demand(wanted: number, changes: Partial<Demand> = {}): Demand {
  return { wanted, enough: wanted, by: "load", burst: false, fell: false, signals: [], facts, ...changes };
}

/** The configured bounds alone. */
export const bounds = (max = 12, min = 2): Bounds => {
  const configured = { workers: max, why: { code: "configured" } } as const;
  return { min, max: configured, all: [configured] };
};

/** A policy driven step by step. */
export class Driver {
  state: PolicyState;
  readonly settings: PolicySettings;
  nowMs = 0;
  order: Order = AUTO;
  ended = { requests: 0, serviceMs: 0 };
  /** How long workers take to boot, ms. */
  bootMs = 1;
  /** The most workers that boots may lead to. */
  mostByPace = Infinity;
  /** Since when the load is known to be flat. */
  flatFromMs = Infinity;

  constructor(target: number, settings: Partial<PolicySettings> = {}) {
    this.state = initialPolicy(target);
    this.settings = { ...DEFAULT_POLICY, maxWorkers: 12, ...settings };
  }

  step(wanted: Maybe<Demand>, limits: Bounds = bounds()): Decision {
    const { state, decision } = decide(this.state, {
      nowMs: this.nowMs,
      demand: wanted,
      bounds: limits,
      settings: this.settings,
      order: this.order,
      bootMs: this.bootMs,
      slots: 1,
      mostByPace: this.mostByPace,
      ended: this.ended,
      flatFromMs: this.flatFromMs,
    });
    this.state = state;
    return decision;
  }

  /** The decision at a moment. */
  at(nowMs: number, wanted: Maybe<Demand>, limits: Bounds = bounds()): Decision {
    this.nowMs = nowMs;
    return this.step(wanted, limits);
  }

  /** Steps every 100 ms for a while and returns the changes of the target. */
  during(forMs: number, wanted: Demand, limits: Bounds = bounds()): { atMs: number; target: number }[] {
    const changes = [];
    for (const endMs = this.nowMs + forMs; this.nowMs < endMs; this.nowMs += 100) {
      const { action, target } = this.step(wanted, limits);
      if (action !== "hold") changes.push({ atMs: this.nowMs, target });
    }
    return changes;
  }
}
