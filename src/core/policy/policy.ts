import type { Removal } from "../bounds/memory.ts";
import { bootsAreLate } from "../boot_time.ts";
import { LATE_LOOP_PART, MOST_VARIATION } from "../constants.ts";
import type { PolicySettings } from "../policy_settings.ts";
import type { Bound, Bounds, Decision, Demand, Reason } from "../reason.ts";
import { known, type Maybe } from "../sample.ts";
import { SlidingMax } from "../sliding_max.ts";
import { type FlatHold, flatHoldMs, leastStep, NO_RETURN, takenBack } from "./flat_hold.ts";
import { type Ended, type Gradient, grown, hangingStep, judge, NO_GROWTH } from "./gradient.ts";
import { doubledOnReturn, halvedWhenCalm, holdMs, type LearnedHold } from "./hold.ts";
import { keptForMs, type StartHold } from "./start_hold.ts";

/** What an operator asked for by hand. */
export type Order =
  | { readonly kind: "auto" }
  | { readonly kind: "paused" }
  | { readonly kind: "pinned"; readonly workers: number };

/** Nothing was ordered: the law decides. */
export const AUTO: Order = { kind: "auto" };

/** What the policy remembers. Times are the sample's monotonic ms; -Infinity for "never". */
export interface PolicyState extends LearnedHold, FlatHold {
  readonly target: number;
  readonly lastUpAtMs: number;
  readonly lastBurstAtMs: number;
  readonly lastDownAtMs: number;
  /** Since when fewer workers would do; Infinity when they would not. */
  readonly lowSinceMs: number;
  /** What growth has brought. */
  readonly gradient: Gradient;
  /** The numbers of workers that were enough during the hold, within bounds. */
  readonly enoughInHold: SlidingMax;
}

/** A fresh state: nothing remembered but the number of workers there are. */
export function initialPolicy(target: number): PolicyState {
  return {
    target,
    lastUpAtMs: -Infinity,
    lastBurstAtMs: -Infinity,
    lastDownAtMs: -Infinity,
    holdFactor: 1,
    holdChangedAtMs: -Infinity,
    returnedFrom: Infinity,
    ...NO_RETURN,
    lowSinceMs: Infinity,
    gradient: NO_GROWTH,
    enoughInHold: SlidingMax.EMPTY,
  };
}

/** What one decision rests on. */
export interface PolicyInput {
  readonly nowMs: number;
  readonly demand: Maybe<Demand>;
  /** Whether gunicorn has a worker; when left out, it has. */
  readonly hasWorkers?: boolean;
  readonly bounds: Bounds;
  /** A worker must be removed because memory is short, whatever the load asks for; undefined when none must. */
  readonly removal?: Removal | undefined;
  readonly settings: PolicySettings;
  readonly order: Order;
  /** How long a worker took to boot, ms; 0 when not known. */
  readonly bootMs: number;
  /** Requests one worker serves at once. */
  readonly slots: number;
  /** The most workers that the boots there may be at once lead to; Infinity when left out. */
  readonly paced?: number;
  /** Requests that ended since the tick before. */
  readonly ended: Ended;
  /** Variance of the service times over their squared mean; none, when left out. */
  readonly variation?: number;
  /** Whether what gunicorn was started with has shown that it is not needed; when left out, it has. */
  readonly start?: StartHold;
  /** Since when nothing but chance is known to have moved the load; Infinity where it moves. */
  readonly flatFromMs: number;
}

/**
 * Decides the target.
 *
 * Up: to what is wanted, at once, within bounds, steps and cooldowns. Down: to the most that was wanted during the
 * hold, never while requests wait. No data: hold.
 */
export function decide(before: PolicyState, input: PolicyInput): { state: PolicyState; decision: Decision } {
  const { nowMs, demand, bounds, settings, order, bootMs } = input;
  const wanted = known(demand) ? demand.wanted : before.target;
  const gradient = judge(before.gradient, {
    nowMs,
    target: before.target,
    wanted,
    slots: input.slots,
    ended: input.ended,
    variation: Math.min(MOST_VARIATION, input.variation ?? 0),
  });
  const allowed = Math.min(Math.max(wanted, bounds.min), Math.max(bounds.max.workers, bounds.min));
  const state = { ...before, gradient, enoughInHold: enoughWith(before, input) };
  const fell = known(demand) && demand.fell;
  const mostIn = (forMs: number) => state.enoughInHold.max(nowMs, forMs, state.target);
  const plainHold = holdMs(1, settings, bootMs, fell);
  const learnedHold = holdMs(state.holdFactor, settings, bootMs, fell);
  // Nothing was learned of fewer workers than load has ever returned from; but fewer would be later still.
  const isLearned = bootsAreLate(bootMs, settings) || mostIn(plainHold) >= state.returnedFrom;
  const learned = isLearned ? learnedHold : plainHold;
  const hold = Math.max(learned, flatHoldMs(state, input.flatFromMs));
  const mostEnough = mostIn(hold);
  const lowSinceMs = mostEnough < state.target ? Math.min(state.lowSinceMs, nowMs) : Infinity;

  const settle = (target: number, reason: Reason, changes: Partial<PolicyState> = {}) => {
    const limited = known(demand) && wanted > allowed && target <= bounds.max.workers;
    const decision: Decision = {
      nowMs,
      action: target > state.target ? "grow" : target < state.target ? "shrink" : "hold",
      current: state.target,
      target,
      wanted,
      reason,
      limitedBy: limited ? bounds.max : "unknown",
      demand,
      bounds,
    };
    return { state: { ...state, ...changes, lowSinceMs, target }, decision };
  };

  const configured = bounds.all.find((b) => b.why.code === "configured")?.workers ?? bounds.max.workers;
  if (order.kind === "pinned") return settle(order.workers, { code: "pinned" }, { lastUpAtMs: nowMs });
  if (order.kind === "paused") return settle(state.target, { code: "paused" });
  const { removal } = input;
  if (removal !== undefined && removal.workers < state.target) {
    return settle(removal.workers, removal.reason, { lastDownAtMs: nowMs });
  }
  if (state.target < bounds.min) return settle(bounds.min, { code: "below-minimum" }, { lastUpAtMs: nowMs });
  if (state.target > configured) {
    return settle(configured, { code: "above-maximum" }, { lastDownAtMs: nowMs });
  }
  if (!known(demand)) {
    return settle(state.target, { code: input.hasWorkers === false ? "no-workers" : "no-data" });
  }

  if (allowed > state.target) return grow(state, input, demand, allowed, settle);
  const { short } = bounds;
  if (short !== undefined && wanted <= short.minimum && allowed >= state.target) {
    const { minimum, ...bound } = short;
    return settle(state.target, { code: "minimum-short", minimum, bound });
  }
  if (wanted > state.target) return settle(state.target, { code: "at-bound" });
  const waits = known(demand.facts.queued) && demand.facts.queued > 0;
  const least = leastStep(state.target, nowMs, input.flatFromMs);
  if (mostEnough <= state.target - least && !waits) {
    const kept = keptForStreams(input, demand, state.target, nowMs - lowSinceMs);
    if (kept >= state.target) return settle(state.target, { code: "streams", workers: kept });
    return shrink(
      { ...state, ...halvedWhenCalm(state, nowMs, learnedHold) },
      input,
      Math.max(mostEnough, kept),
      hold,
      settle,
    );
  }
  if (mostEnough < state.target || (allowed < state.target && wanted < state.target)) {
    return settle(state.target, { code: "holding", forMs: hold });
  }
  const { p95Ms, loopWaitMs } = demand.facts;
  // Requests that wait for an event loop are starved, however few are in flight.
  const slow = known(p95Ms) && p95Ms > settings.sloP95Ms && loopWaitMs < settings.sloP95Ms / LATE_LOOP_PART;
  return settle(
    state.target,
    { code: slow ? "slow-not-starved" : "steady" },
    halvedWhenCalm(state, nowMs, learnedHold),
  );
}

/** What was enough during the hold, with what is enough now. */
function enoughWith(
  { enoughInHold, target }: PolicyState,
  { nowMs, demand, bounds }: PolicyInput,
): SlidingMax {
  // What gunicorn was started with is held like anything else: there may have been a reason for it.
  const held = enoughInHold.isEmpty ? enoughInHold.with(nowMs, target) : enoughInHold;
  if (!known(demand)) return held;
  return held.with(nowMs, Math.max(bounds.min, Math.min(demand.enough, takingBound(bounds).workers)));
}

/** The lowest bound that also removes workers: memory of others and failed boots only stop growth. */
function takingBound({ max, all }: Bounds): Bound {
  return all.find(({ why }) => why.code === "configured" || why.code === "cpu") ?? max;
}

/** Ends a decision: the target, why, and what to remember besides. */
type Settle = (
  target: number,
  reason: Reason,
  changes?: Partial<PolicyState>,
) => { state: PolicyState; decision: Decision };

function grow(state: PolicyState, input: PolicyInput, demand: Demand, allowed: number, settle: Settle) {
  const { nowMs, settings } = input;
  const cooldownMs = demand.burst ? settings.burstCooldownMs : settings.upCooldownMs;
  const sinceMs = nowMs - (demand.burst ? state.lastBurstAtMs : state.lastUpAtMs);
  if (sinceMs < cooldownMs) return settle(state.target, { code: "up-cooldown", forMs: cooldownMs - sinceMs });
  const { stop } = state.gradient;
  if (stop !== undefined && state.target >= stop.workers) {
    const reason: Reason = { code: "no-gain", retryInMs: Math.max(0, stop.untilMs - nowMs) };
    return settle(state.target, reason);
  }
  const { hangs } = demand.facts;
  const careful = hangingStep(state.gradient, {
    target: state.target,
    slots: input.slots,
    hangs,
    sinceUpMs: nowMs - state.lastUpAtMs,
  });
  if (careful === state.target) return settle(state.target, { code: "trying" });
  const { paced = Infinity } = input;
  if (paced <= state.target) return settle(state.target, { code: "booting" });
  const step = demand.burst ? settings.burstAddWorkers : settings.maxStepUp;
  const least = demand.burst ? 1 : leastStep(state.target, nowMs, input.flatFromMs);
  const most = Math.min(Math.max(allowed, state.target + least), input.bounds.max.workers);
  const target = Math.min(most, state.target + step, careful, paced);
  return settle(target, { code: "asked", by: demand.by }, {
    lastUpAtMs: nowMs,
    gradient: grown(state.gradient, state.target, hangs),
    ...(demand.burst ? { lastBurstAtMs: nowMs } : {}),
    ...takenBack(state, nowMs, input.flatFromMs),
    ...doubledOnReturn(state, nowMs, holdMs(state.holdFactor, settings, input.bootMs)),
  });
}

function shrink(
  learned: PolicyState,
  input: PolicyInput,
  mostEnough: number,
  hold: number,
  settle: Settle,
) {
  const { nowMs, settings } = input;
  const waitMs = Math.max(
    learned.lastUpAtMs + settings.noDownscaleAfterUpMs - nowMs,
    learned.lastDownAtMs + settings.downCooldownMs - nowMs,
  );
  if (waitMs > 0) return settle(learned.target, { code: "down-cooldown", forMs: waitMs }, learned);
  const keptMs = input.start === undefined ? 0 : keptForMs(input.start, nowMs, hold);
  const target = Math.max(mostEnough, input.bounds.min, keptMs > 0 ? input.start!.workers : 0);
  if (target >= learned.target) return settle(learned.target, { code: "start-hold", forMs: keptMs }, learned);
  return settle(target, { code: "quiet", lowForMs: hold }, { ...learned, lastDownAtMs: nowMs });
}

/** Workers that stay because clients hold websockets or event streams open on them; none once memory is short. */
function keptForStreams({ bounds, settings }: PolicyInput, demand: Demand, target: number, lowForMs: number) {
  const { max } = bounds;
  if (max.why.code === "memory" && max.workers < target) return 0;
  const isOver = settings.streamGraceMs > 0 && lowForMs >= settings.streamGraceMs;
  return isOver ? 0 : demand.facts.streamWorkers;
}
