import { MOST_VARIATION } from "../constants.ts";
import type { Bound, Bounds, Decision, Demand } from "../reason.ts";
import { known } from "../sample.ts";
import type { SlidingMax } from "../sliding_max.ts";
import { judge } from "./gradient.ts";
import { grow } from "./grow.ts";
import { type Hold, holdNow } from "./hold.ts";
import type { PolicyInput, PolicyState, Step } from "./policy_state.ts";
import { shrink } from "./shrink.ts";

/**
 * Decides the target. What an operator, memory or the configured bounds say goes before what the load wants.
 *
 * Up: to what is wanted, at once, within bounds, steps and cooldowns. Down: to the most that was enough during the
 * hold, never while requests wait. No data: hold.
 */
export function decide(before: PolicyState, input: PolicyInput): { state: PolicyState; decision: Decision } {
  const { nowMs, demand, hasWorkers = true, bounds } = input;
  const wanted = known(demand) ? demand.wanted : before.target;
  const allowed = Math.min(Math.max(wanted, bounds.min), Math.max(bounds.max.workers, bounds.min));
  const { state, hold } = remembered(before, input, wanted);
  const blind: Step = { target: state.target, reason: { code: hasWorkers ? "no-data" : "no-workers" } };
  const { target, reason, changes } = forced(state, input) ??
    (known(demand) ? demanded(state, input, demand, { allowed, hold }) : blind);
  const isLimited = known(demand) && wanted > allowed && target <= bounds.max.workers;
  const decision: Decision = {
    nowMs,
    action: target > state.target ? "grow" : target < state.target ? "shrink" : "hold",
    current: state.target,
    target,
    wanted,
    reason,
    limitedBy: isLimited ? bounds.max : "unknown",
    demand,
    bounds,
  };
  return { state: { ...state, ...changes, target }, decision };
}

/** The state with this tick in it, and the hold that follows. */
function remembered(
  before: PolicyState,
  input: PolicyInput,
  wanted: number,
): { state: PolicyState; hold: Hold } {
  const { nowMs, slots, ended, variation = 0, settings, bootMs, flatFromMs } = input;
  const gradient = judge(before.gradient, {
    nowMs,
    target: before.target,
    wanted,
    slots,
    ended,
    variation: Math.min(MOST_VARIATION, variation),
  });
  const enoughInHold = enoughWith(before, input);
  const fell = known(input.demand) && input.demand.fell;
  const hold = holdNow({ ...before, enoughInHold }, { nowMs, settings, bootMs, fell, flatFromMs });
  const lowSinceMs = hold.mostEnough < before.target ? Math.min(before.lowSinceMs, nowMs) : Infinity;
  return { state: { ...before, gradient, enoughInHold, lowSinceMs }, hold };
}

/** What an operator, memory or the configured bounds decide, whatever the load wants; undefined when none of them does. */
function forced({ target }: PolicyState, { nowMs, order, removal, bounds }: PolicyInput): Step | undefined {
  if (order.kind === "pinned") {
    return { target: order.workers, reason: { code: "pinned" }, changes: { lastUpAtMs: nowMs } };
  }
  if (order.kind === "paused") return { target, reason: { code: "paused" } };
  if (removal !== undefined && removal.workers < target) {
    return { target: removal.workers, reason: removal.reason, changes: { lastDownAtMs: nowMs } };
  }
  if (target < bounds.min) {
    return { target: bounds.min, reason: { code: "below-minimum" }, changes: { lastUpAtMs: nowMs } };
  }
  const configured = bounds.all.find(({ why }) => why.code === "configured")?.workers ?? bounds.max.workers;
  if (target > configured) {
    return { target: configured, reason: { code: "above-maximum" }, changes: { lastDownAtMs: nowMs } };
  }
  return undefined;
}

/** What the load decides. `allowed`: what it wants, within the bounds. */
function demanded(
  state: PolicyState,
  input: PolicyInput,
  demand: Demand,
  { allowed, hold }: { allowed: number; hold: Hold },
): Step {
  const { target } = state;
  if (allowed > target) return grow(state, input, demand, allowed);
  const { short } = input.bounds;
  if (short !== undefined && demand.wanted <= short.minimum && allowed >= target) {
    const { minimum, ...bound } = short;
    return { target, reason: { code: "minimum-short", minimum, bound } };
  }
  if (demand.wanted > target) return { target, reason: { code: "at-bound" } };
  return shrink(state, input, demand, { allowed, hold });
}

/** What was enough during the hold, with what is enough now. */
function enoughWith(
  { enoughInHold, target }: PolicyState,
  { nowMs, demand, bounds }: PolicyInput,
): SlidingMax {
  // What gunicorn was started with is held like anything else: there may have been a reason for it.
  const held = enoughInHold.isEmpty ? enoughInHold.with(nowMs, target) : enoughInHold;
  if (!known(demand)) return held;
  return held.with(nowMs, Math.max(bounds.min, Math.min(demand.enough, removingBound(bounds).workers)));
}

/** The lowest bound that also removes workers: memory of others and failed boots only stop growth. */
function removingBound({ max, all }: Bounds): Bound {
  return all.find(({ why }) => why.code === "configured" || why.code === "cpu") ?? max;
}
