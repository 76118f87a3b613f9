import { LATE_LOOP_PART } from "../constants.ts";
import type { PolicySettings } from "../policy_settings.ts";
import type { Demand } from "../reason.ts";
import { known } from "../sample.ts";
import { leastStep } from "./flat_hold.ts";
import { halvedWhenCalm, type Hold } from "./hold.ts";
import type { PolicyInput, PolicyState, Step } from "./policy_state.ts";
import { keptForMs } from "./start_hold.ts";

/**
 * No more workers are wanted: fewer, where fewer were enough during the hold and no request waits.
 * @param allowed what is wanted, within the bounds
 */
export function shrink(
  state: PolicyState,
  input: PolicyInput,
  demand: Demand,
  { allowed, hold }: { readonly allowed: number; readonly hold: Hold },
): Step {
  const { target } = state;
  const { nowMs, settings } = input;
  const { queued, p95Ms, loopWaitMs } = demand.facts;
  const waits = known(queued) && queued > 0;
  const isWorthIt = hold.mostEnough <= target - leastStep(target, nowMs, input.flatFromMs);
  if (isWorthIt && !waits) return remove(state, input, demand, hold);
  if (hold.mostEnough < target || (allowed < target && demand.wanted < target)) {
    return { target, reason: { code: "holding", forMs: hold.ms } };
  }
  // Requests that wait for an event loop are starved, however few are in flight.
  const isStarved = waits || loopWaitMs >= settings.sloP95Ms / LATE_LOOP_PART;
  const isSlow = known(p95Ms) && p95Ms > settings.sloP95Ms;
  return {
    target,
    reason: { code: isSlow && !isStarved ? "slow-not-starved" : "steady" },
    changes: halvedWhenCalm(state, nowMs, hold.learnedMs),
  };
}

/** To what was enough, once no stream, cooldown or start keeps more. */
function remove(state: PolicyState, input: PolicyInput, demand: Demand, hold: Hold): Step {
  const { target, lastUpAtMs, lastDownAtMs, lowSinceMs } = state;
  const { nowMs, settings, start } = input;
  const streams = keptForStreams(settings, demand, nowMs - lowSinceMs);
  if (streams >= target) return { target, reason: { code: "streams", workers: streams } };
  const changes = halvedWhenCalm(state, nowMs, hold.learnedMs);
  const waitMs = Math.max(
    lastUpAtMs + settings.noDownscaleAfterUpMs - nowMs,
    lastDownAtMs + settings.downCooldownMs - nowMs,
  );
  if (waitMs > 0) return { target, reason: { code: "down-cooldown", forMs: waitMs }, changes };
  const startMs = start === undefined ? 0 : keptForMs(start, nowMs, hold.ms);
  const fewest = Math.max(hold.mostEnough, streams, input.bounds.min, startMs > 0 ? start!.workers : 0);
  if (fewest >= target) return { target, reason: { code: "start-hold", forMs: startMs }, changes };
  return {
    target: fewest,
    reason: { code: "quiet", lowForMs: hold.ms },
    changes: { ...changes, lastDownAtMs: nowMs },
  };
}

/** Workers that stay because clients hold websockets or event streams open on them. */
function keptForStreams({ streamGraceMs }: PolicySettings, demand: Demand, lowForMs: number): number {
  return streamGraceMs > 0 && lowForMs >= streamGraceMs ? 0 : demand.facts.streamWorkers;
}
