import type { Demand } from "../reason.ts";
import { leastStep, takenBack } from "./flat_hold.ts";
import { grown, hangingStep } from "./gradient.ts";
import { doubledOnReturn, holdMs } from "./hold.ts";
import type { PolicyInput, PolicyState, Step } from "./policy_state.ts";

/** More workers are wanted and allowed: up to `allowed`, as far as cooldowns, steps, boots and hanging requests let it. */
export function grow(state: PolicyState, input: PolicyInput, demand: Demand, allowed: number): Step {
  const { target } = state;
  const { nowMs, settings, slots, mostByPace = Infinity, bounds, bootMs, flatFromMs } = input;
  const cooldownMs = demand.burst ? settings.burstCooldownMs : settings.upCooldownMs;
  const sinceMs = nowMs - (demand.burst ? state.lastBurstAtMs : state.lastUpAtMs);
  if (sinceMs < cooldownMs) return { target, reason: { code: "up-cooldown", forMs: cooldownMs - sinceMs } };
  const { stop } = state.gradient;
  if (stop !== undefined && target >= stop.workers) {
    return { target, reason: { code: "no-gain", retryInMs: Math.max(0, stop.untilMs - nowMs) } };
  }
  const { hangs } = demand.facts;
  const sinceUpMs = nowMs - state.lastUpAtMs;
  const careful = hangingStep(state.gradient, { target, slots, hangs, sinceUpMs });
  if (careful === target) return { target, reason: { code: "trying" } };
  if (mostByPace <= target) return { target, reason: { code: "booting" } };
  const step = demand.burst ? settings.burstAddWorkers : settings.maxStepUp;
  const least = demand.burst ? 1 : leastStep(target, nowMs, flatFromMs);
  const most = Math.min(Math.max(allowed, target + least), bounds.max.workers);
  return {
    target: Math.min(most, target + step, careful, mostByPace),
    reason: { code: "asked", by: demand.by },
    changes: {
      lastUpAtMs: nowMs,
      gradient: grown(state.gradient, target, hangs),
      ...(demand.burst ? { lastBurstAtMs: nowMs } : {}),
      ...takenBack(state, nowMs, flatFromMs),
      ...doubledOnReturn(state, nowMs, holdMs(state.holdFactor, settings, bootMs)),
    },
  };
}
