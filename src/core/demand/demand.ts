import {
  ASYNC_CORE_UTILIZATION,
  BLOCKED_LOOP_LEAST_MS,
  BLOCKED_LOOP_QUEUED,
  DOWN_LOAD_FACTOR,
  GTHREAD_CORE_UTILIZATION,
  HANGING_FACTOR,
  HANGING_LEAST_REQUESTS,
  HANGING_OBJECTIVE_SHARE,
  LATE_SHARE,
  MOST_CONNECTIONS_SHARE,
  MOST_UTILIZATION,
  MOST_VARIATION,
  SECOND_MS,
  UNKNOWN_SERVICE_PART,
  WAITING_QUEUED,
  WAITING_UTILIZATION,
} from "../constants.ts";
import { burstCores, burstErlangs, burstIn, burstLoops, rpsOf } from "./burst.ts";
import { bucketOf, lowerBoundMs } from "../histogram.ts";
import type { History, WindowSums } from "../history.ts";
import { isAsync } from "../kinds.ts";
import { loopsAreLate, loopState, loopWorkers, lowerBusyLoops } from "./event_loops.ts";
import {
  erlangsOf,
  lowerErlangs,
  meanServiceMs,
  occupiedPerRequestMs,
  upperErlangs,
} from "./offered_load.ts";
import type { PolicySettings } from "../policy_settings.ts";
import { hangingAsks, queueAsks, type QueueInput } from "./queue.ts";
import type { Demand, Facts, SignalDemand, SignalName } from "../reason.ts";
import { known, type Maybe, queuedNow, type Sample } from "../sample.ts";
import { type WaitGoal, workersFor } from "./delay_formula.ts";
import { roundUp } from "../round_up.ts";

/** What demand is made from. */
export interface DemandInput extends QueueInput {
  readonly settings: PolicySettings;
  /** The target now, booting workers included. */
  readonly target: number;
  /** Since the target last rose, ms. */
  readonly sinceUpMs: number;
}

/**
 * What each signal asks for. wanted = the most that any asks, because each sees something the others cannot:
 * a slow dependency shows in slots, a stampede in the queue, a busy loop in CPU.
 */
export function demandOf(input: DemandInput): Demand {
  const { sample, history, settings } = input;
  const serviceMs = meanServiceMs(history, settings);
  const stable = history.sums(settings.windowMs);
  const recent = history.sums(settings.burstWindowMs);
  const second = history.sums(SECOND_MS);
  const async = isAsync(sample.model.kind);
  const signals: SignalDemand[] = [];
  const ask = (signal: SignalName, workers: number) => {
    if (workers > 0) signals.push({ signal, workers });
  };

  const goal = waitGoal(serviceMs, history, settings);
  const slotsAsk = async
    ? (erlangs: number) => roundUp(erlangs / settings.targetConcPerWorker)
    : (erlangs: number, of = goal) => workersFor(erlangs, sample.model.slots, of);
  // The lowest of the windows: a long one forgets a burst too slowly, a short one believes noise too soon.
  const recentErlangs = Math.min(
    erlangsOf(recent, serviceMs, async),
    upperErlangs(history, serviceMs, async),
  );
  const steadyErlangs = Math.min(erlangsOf(stable, serviceMs, async), recentErlangs);
  const cores = coresUsed(sample, second);
  ask(async ? "concurrency" : "load", slotsAsk(lowerErlangs(steadyErlangs, serviceMs, stable.spanMs)));
  if (async) ask("concurrency", connectionsAsk(sample));
  if (!stillSettling(input)) ask("cpu", cpuAsks(sample, cores));
  const burst = burstIn(history, sample, settings, serviceMs);
  const ofBurst = burst === undefined || async ? 0 : burstErlangs(burst, serviceMs);
  if (burst !== undefined) {
    if (async) {
      ask("burst", cpuAsks(sample, burstCores(burst, stable, serviceMs)));
      ask("burst", loopsFor(burstLoops(burst, stable), stable, goal));
      ask("burst", slotsAsk(lowerErlangs(erlangsOf(burst, serviceMs, true), serviceMs, burst.spanMs)));
    } else {
      ask("burst", slotsAsk(ofBurst));
    }
  }
  const late = loopsAreLate(recent, second, goal);
  if (async) {
    ask("loop", loopAsks(input, goal, stable, recent, late));
    ask("blocked-loop", blockedLoopAsks(input, second));
  } else {
    ask("queue", hangingAsks(input, settings.sloP95Ms));
    ask("queue", queueAsks(input, goal, lowerErlangs(recentErlangs, serviceMs, recent.spanMs), ofBurst));
  }
  ask("slo", sloAsks(input, recent, second));

  let leading: SignalDemand = { signal: "none", workers: 1 };
  for (const s of signals) if (s.workers > leading.workers) leading = s;
  // A load that much larger must still meet the objective; how busy slots may be is not made stricter with it.
  const utilization = Math.min(MOST_UTILIZATION, goal.utilization * DOWN_LOAD_FACTOR);
  const margin = Math.max(
    slotsAsk(recentErlangs * DOWN_LOAD_FACTOR, { ...goal, utilization }),
    cpuAsks(sample, cores * DOWN_LOAD_FACTOR),
    loopsFor(
      loopState(recent).erlangs * DOWN_LOAD_FACTOR,
      recent,
      goal,
      ASYNC_CORE_UTILIZATION * DOWN_LOAD_FACTOR,
    ),
    late ? input.target : 0,
  );
  return {
    wanted: leading.workers,
    enough: Math.max(leading.workers, margin),
    by: leading.signal,
    burst: leading.signal === "burst" || leading.signal === "queue",
    signals,
    facts: factsOf(input, serviceMs, stable, recent, second, steadyErlangs),
  };
}

/**
 * What a request may wait: what the objective leaves beside its service. Where requests take longer than the objective by
 * themselves (the mean, or one in twenty), no number of workers meets it: then it is one service time, so that no
 * worker is added for an objective that cannot be met.
 * Example: 250 ms under an objective of 300 may wait 50 ms, 2.5 erlangs of them get 6 workers; 400 ms may wait 400.
 */
function waitGoal(serviceMs: Maybe<number>, history: History, settings: PolicySettings): WaitGoal {
  const service = known(serviceMs) ? serviceMs : settings.sloP95Ms / UNKNOWN_SERVICE_PART;
  const leftMs = settings.sloP95Ms - service;
  const p95Ms = history.durationQuantileMs(settings.burstWindowMs, 0.95);
  // Buckets are a quarter wide: only one that begins beyond the objective says that it is missed.
  const isMissed = known(p95Ms) && lowerBoundMs(bucketOf(p95Ms)) >= settings.sloP95Ms;
  return {
    serviceMs: service,
    variation: Math.min(MOST_VARIATION, history.durationVariation(settings.windowMs)),
    waitMs: leftMs > 0 && !isMissed ? leftMs : Math.max(leftMs, service),
    lateShare: LATE_SHARE,
    utilization: settings.targetUtilization,
  };
}

/** True while what the last growth brings cannot be seen yet in averages over a second or more. */
function stillSettling({ settings, bootMs, sinceUpMs, counts }: DemandInput): boolean {
  return counts.booting > 0 || sinceUpMs < settings.burstWindowMs + bootMs;
}

/** An async worker accepts as soon as its loop runs. A queue that stays means loops that do not: one more. */
function blockedLoopAsks(input: DemandInput, second: WindowSums): number {
  const { sample, target } = input;
  if (
    !known(sample.queue) || sample.queue <= 0 || second.spanMs < BLOCKED_LOOP_LEAST_MS || stillSettling(input)
  ) {
    return 0;
  }
  return second.queuedMs / second.spanMs >= BLOCKED_LOOP_QUEUED ? target + 1 : 0;
}

/**
 * Workers of which none holds more than 80 % of its worker_connections: one that is full accepts no connection.
 * Example: 900 websockets on one worker of 1,000 connections: 2 workers.
 */
function connectionsAsk({ load, model }: Sample): number {
  if (!known(load)) return 0;
  return roundUp((load.inFlight + load.websockets + load.streams) / (model.slots * MOST_CONNECTIONS_SHARE));
}

/** Workers for so many busy loops, whose work is as long as in this window. */
function loopsFor(erlangs: number, sums: WindowSums, goal: WaitGoal, most = ASYNC_CORE_UTILIZATION): number {
  return loopWorkers(erlangs, loopState(sums).restMs, goal, most);
}

/**
 * Workers for the loops that are busy. Where requests wait too long for them the latest window counts, whatever was before;
 * and when what the last growth brought has been seen, one more.
 */
function loopAsks(
  input: DemandInput,
  goal: WaitGoal,
  stable: WindowSums,
  recent: WindowSums,
  late: boolean,
): number {
  const busy = late ? lowerBusyLoops(recent) : Math.min(lowerBusyLoops(stable), lowerBusyLoops(recent));
  const more = late && !stillSettling(input) ? input.target + 1 : 0;
  return Math.max(more, loopsFor(busy, recent, goal));
}

/** Cores in use by workers over a window; 0 when not known, or when they bound nothing (a sync worker needs no CPU). */
function coresUsed(sample: Sample, sums: WindowSums): number {
  if (!known(sample.cpu) || sums.spanMs <= 0 || sample.model.kind === "sync") return 0;
  return sums.cpuMs / sums.spanMs;
}

/** Workers that `cores` of use need, for kinds in which one worker cannot use more than a core. */
function cpuAsks(sample: Sample, cores: number): number {
  return roundUp(cores / (isAsync(sample.model.kind) ? ASYNC_CORE_UTILIZATION : GTHREAD_CORE_UTILIZATION));
}

/**
 * The 95th percentile counts only when requests wait: then one more worker. A slow request that none waits behind is
 * slow for a reason that workers cannot cure. They must wait still, in the last second.
 */
function sloAsks(input: DemandInput, recent: WindowSums, second: WindowSums): number {
  const { sample, history, settings, target } = input;
  const p95 = history.durationQuantileMs(settings.burstWindowMs, 0.95);
  if (!known(p95) || p95 <= settings.sloP95Ms || recent.spanMs <= 0) return 0;
  if (stillSettling(input)) return 0;
  return starved(sample, recent) && starved(sample, second) ? target + 1 : 0;
}

/** True when requests waited over a window, half a request on average, or hardly a slot was free. */
function starved(sample: Sample, sums: WindowSums): boolean {
  const used = utilizationOf(sample, sums);
  return sums.queuedMs / sums.spanMs >= WAITING_QUEUED || (known(used) && used >= WAITING_UTILIZATION);
}

/** Share of the slots in use (async kinds: of the cores that the workers could use one each), 0..1. */
export function utilizationOf(sample: Sample, sums: WindowSums): Maybe<number> {
  if (sums.workerMs <= 0) return "unknown";
  if (isAsync(sample.model.kind)) {
    return known(sample.cpu) ? Math.min(1, sums.cpuMs / sums.workerMs) : "unknown";
  }
  if (!known(sample.load) && !known(sample.statsd)) return "unknown";
  return Math.min(1, sums.occupiedMs / (sums.workerMs * sample.model.slots));
}

/** True when slots are occupied for far longer than requests took before, and for half of the objective at least. */
function hangs(second: WindowSums, stable: WindowSums, { sloP95Ms }: PolicySettings): boolean {
  if (stable.finished < HANGING_LEAST_REQUESTS) return false;
  const serviceMs = stable.serviceMs / stable.finished;
  const perRequestMs = occupiedPerRequestMs(second, 1);
  return perRequestMs > sloP95Ms * HANGING_OBJECTIVE_SHARE && perRequestMs > HANGING_FACTOR * serviceMs;
}

/** What the words of the decision are made of. */
function factsOf(
  input: DemandInput,
  serviceMs: Maybe<number>,
  stable: WindowSums,
  recent: WindowSums,
  second: WindowSums,
  erlangs: number,
): Facts {
  const { sample, history, settings } = input;
  return {
    rps: rpsOf(second),
    finishedRps: recent.spanMs > 0 ? (recent.finished * SECOND_MS) / recent.spanMs : 0,
    hangs: !isAsync(sample.model.kind) && hangs(second, stable, settings),
    erlangs,
    inFlight: known(sample.load) ? sample.load.inFlight : "unknown",
    queued: queuedNow(sample),
    serviceMs,
    p95Ms: history.durationQuantileMs(settings.windowMs, 0.95),
    utilization: utilizationOf(sample, second),
    streamWorkers: known(sample.load) ? sample.load.streamWorkers : 0,
    loopsBusy: loopState(second).erlangs,
    loopWaitMs: loopState(second).waitMs,
    workerCores: known(sample.cpu) && second.spanMs > 0 ? second.cpuMs / second.spanMs : "unknown",
    limitCores: known(sample.cpu) ? sample.cpu.limitCores : "unknown",
  };
}
