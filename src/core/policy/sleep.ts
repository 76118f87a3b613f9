import type { Order } from "./standing_order.ts";
import type { PolicySettings } from "../policy_settings.ts";
import type { Decision } from "../reason.ts";
import { known, type Load, type Sample } from "../sample.ts";

/** What one autoscaler remembers of sleep, when there are no requests and no workers. Times are monotonic ms. */
export interface SleepState {
  /** Since when nothing was asked for; undefined while something is, or while that is not known. */
  readonly quietSinceMs: number | undefined;
  /** Asleep since; undefined while awake. */
  readonly sinceMs: number | undefined;
  /** How often gunicorn's master had woken by itself. */
  readonly wakes: number;
  /** Woken, and no worker has served since. */
  readonly isWaking: boolean;
}

/** Awake, with nothing seen yet. */
export const AWAKE: SleepState = { quietSinceMs: undefined, sinceMs: undefined, wakes: 0, isWaking: false };

/** What ended a sleep: a client, or an operator who wants workers. */
export interface Waking {
  readonly by: "request" | "operator";
  readonly afterMs: number;
}

/** What is known of sleep after one more sample; `waking` in the tick that ends a sleep. */
export function nextSleep(
  state: SleepState,
  sample: Sample,
  settings: PolicySettings,
  order: Order,
): { readonly sleep: SleepState; readonly waking?: Waking } {
  const { nowMs, workers } = sample;
  const wakes = sample.sleep?.wakes ?? state.wakes;
  const isPossible = sample.sleep?.isPossible ?? true; // a reload may have taken the listeners away
  const isWanted = settings.sleepAfterMs > 0 && order.kind !== "pinned" && isPossible;
  if (state.sinceMs !== undefined) {
    const isAsked = wakes !== state.wakes || isAskedFor(sample);
    if (isWanted && !isAsked) return { sleep: state };
    return {
      sleep: { ...AWAKE, wakes, isWaking: true },
      waking: { by: isAsked ? "request" : "operator", afterMs: nowMs - state.sinceMs },
    };
  }
  const isWaking = state.isWaking && !(known(workers) && workers.ready > 0);
  if (!isWanted || order.kind === "paused" || !isQuiet(sample)) {
    return { sleep: { ...AWAKE, wakes, isWaking } };
  }
  const quietSinceMs = state.quietSinceMs ?? nowMs;
  const sinceMs = nowMs - quietSinceMs >= settings.sleepAfterMs ? nowMs : undefined;
  return { sleep: { quietSinceMs, sinceMs, wakes, isWaking } };
}

/** No worker, or none any more. `current`: the target before. */
export function asleepDecision(
  { nowMs }: Sample,
  sleep: SleepState & { readonly sinceMs: number },
  settings: PolicySettings,
  current: number,
): Decision {
  const silentMs = nowMs - (sleep.quietSinceMs ?? nowMs);
  const isDeep = settings.deepSleepAfterMs > 0 && silentMs >= settings.deepSleepAfterMs;
  const max = { workers: settings.maxWorkers, why: { code: "configured" } } as const;
  return {
    nowMs,
    action: current > 0 ? "shrink" : "hold",
    current,
    target: 0,
    wanted: 0,
    reason: { code: "asleep", quietMs: settings.sleepAfterMs, forMs: nowMs - sleep.sinceMs, isDeep },
    limitedBy: "unknown",
    demand: "unknown",
    bounds: { min: settings.minWorkers, max, all: [max] },
  };
}

/** The same decision, in the tick that ends a sleep: from none. What an operator asked for keeps its reason. */
export function wakingDecision(decision: Decision, waking: Waking): Decision {
  const reason = decision.reason.code === "pinned" ? decision.reason : { code: "woken", ...waking } as const;
  return { ...decision, action: "grow", current: 0, reason };
}

/** Whether there are certainly no requests: anything unknown counts as one. */
function isQuiet(sample: Sample): boolean {
  const { workers, load, queue, sleep } = sample;
  if (sleep === undefined || !known(workers) || !known(load) || !known(queue)) return false;
  if (workers.ready === 0 || workers.booting > 0 || (workers.unseen ?? 0) > 0 || load.coverage < 1) {
    return false;
  }
  return !isAskedFor(sample);
}

function isAskedFor({ load, queue }: Sample): boolean {
  return known(queue) && queue > 0 || known(load) && isServing(load);
}

function isServing(load: Load): boolean {
  const { started, inFlight, innerQueue, busyThreads, websockets, streams } = load;
  return started + inFlight + innerQueue + busyThreads + websockets + streams > 0;
}
