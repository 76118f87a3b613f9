import { burstCores, burstErlangs, burstsIn, rpsOf } from "./burst.ts";
import type { History, WindowSums } from "./history.ts";
import { isAsync } from "./kinds.ts";
import { erlangsOf, meanServiceMs, proven } from "./offered_load.ts";
import type { PolicySettings } from "./policy_settings.ts";
import type { Demand, Facts, SignalDemand, SignalName } from "./reason.ts";
import { known, type Maybe, type Sample, type WorkerCounts } from "./sample.ts";
import { workersFor } from "./staffing.ts";

const SECOND_MS = 1_000;
/** An async worker is one core at most; busier than this its loop makes requests wait. */
const ASYNC_CORE_UTILIZATION = 0.7;
/** Threads share one core through the interpreter lock: at this use a gthread worker is full whatever its threads. */
const GTHREAD_CORE_UTILIZATION = 0.85;
/** Share of the requests that may wait longer than the goal. */
const LATE_SHARE = 0.03;
/** Load is taken as this much larger before workers go: a load at the edge between two counts must not flap. */
const DOWN_MARGIN = 1.15;
/** Few waits are normal for async workers; a mean of this many over a second is a loop that does not get to accept. */
const BLOCKED_LOOP_QUEUE = 2;
/** A worker whose boot time is not known yet gets this long before its boot counts as failed to help. */
const UNKNOWN_BOOT_MS = 1_000;

export interface DemandInput {
  readonly sample: Sample;
  readonly history: History;
  readonly settings: PolicySettings;
  readonly counts: WorkerCounts;
  /** The target now, booting workers included. */
  readonly target: number;
  /** How long a worker took to boot, ms; 0 when not known. */
  readonly bootMs: number;
  /** Since the target last rose, ms. */
  readonly sinceUpMs: number;
}

/** Requests that wait now, in the kernel or inside workers. */
export function queuedNow(sample: Sample): Maybe<number> {
  const inner = known(sample.load) ? sample.load.innerQueue : 0;
  if (known(sample.queue)) return sample.queue + inner;
  return known(sample.load) && inner > 0 ? inner : sample.queue;
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

  const slotsAsk = async
    ? (erlangs: number) => Math.ceil(erlangs / settings.targetConcPerWorker - 1e-9)
    : (erlangs: number) => workersFor(erlangs, sample.model.slots, waitGoal(serviceMs, settings));
  // The lower of the two windows: the long one forgets a burst too slowly, the short one believes noise too soon.
  const steadyErlangs = Math.min(erlangsOf(stable, serviceMs, async), erlangsOf(recent, serviceMs, async));
  const recentErlangs = erlangsOf(recent, serviceMs, async);
  const cores = coresUsed(sample, second);
  ask(async ? "concurrency" : "load", slotsAsk(proven(steadyErlangs, serviceMs, stable.spanMs)));
  if (!stillSettling(input)) ask("cpu", cpuAsks(sample, cores));
  for (const burst of burstsIn(history, sample, settings, serviceMs)) {
    if (async) {
      ask("burst", cpuAsks(sample, burstCores(burst, stable, serviceMs)));
      ask("burst", slotsAsk(proven(erlangsOf(burst, serviceMs, true), serviceMs, burst.spanMs)));
    } else {
      ask("burst", slotsAsk(burstErlangs(burst, serviceMs)));
    }
  }
  if (async) ask("blocked-loop", blockedLoopAsks(input, second));
  else ask("queue", queueAsks(input, serviceMs, proven(recentErlangs, serviceMs, recent.spanMs)));
  ask("slo", sloAsks(input, recent));

  let leading: SignalDemand = { signal: "none", workers: 1 };
  for (const s of signals) if (s.workers > leading.workers) leading = s;
  const margin = Math.max(slotsAsk(recentErlangs * DOWN_MARGIN), cpuAsks(sample, cores * DOWN_MARGIN));
  return {
    wanted: leading.workers,
    enough: Math.max(leading.workers, margin),
    by: leading.signal,
    burst: leading.signal === "burst" || leading.signal === "queue",
    signals,
    facts: factsOf(input, serviceMs, second, steadyErlangs),
  };
}

/** What a request may wait: what the objective leaves beside its service, but never less than one service time. */
export function waitGoal(serviceMs: Maybe<number>, settings: PolicySettings) {
  const service = known(serviceMs) ? serviceMs : settings.sloP95Ms / 3;
  return {
    serviceMs: service,
    waitMs: Math.max(settings.sloP95Ms - service, service),
    lateShare: LATE_SHARE,
    utilization: settings.targetUtilization,
  };
}

/** True while what the last growth brings cannot be seen yet in averages over a second or more. */
function stillSettling({ settings, bootMs, sinceUpMs, counts }: DemandInput): boolean {
  return counts.booting > 0 || sinceUpMs < settings.burstWindowMs + bootMs;
}

/** True while workers that were asked for have not had the time to help: more of them would be asked for nothing. */
function stillBooting({ counts, bootMs }: DemandInput): boolean {
  return counts.booting > 0 && counts.oldestBootMs < (bootMs > 0 ? 2 * bootMs : UNKNOWN_BOOT_MS);
}

/**
 * Workers that serve the queue in the time a request may wait, beside what goes on arriving. The queue is first in, first
 * out: its last request waits queued * service / slots, whatever comes behind it. Asks for nothing while that is short
 * enough for a worker asked for later to help still, or while booting workers have not had their chance.
 * Example: 8 waiting of 60 ms behind 2 sync workers: the last waits 240 ms, the goal is 240 ms: act.
 */
function queueAsks(input: DemandInput, serviceMs: Maybe<number>, erlangs: number): number {
  const { sample, settings, counts, bootMs } = input;
  const queued = queuedNow(sample);
  if (!known(queued) || queued <= 0 || stillBooting(input)) return 0;
  const goal = waitGoal(serviceMs, settings);
  const slots = sample.model.slots;
  const lastWaitsMs = (queued * goal.serviceMs) / Math.max(1, (counts.ready + counts.booting) * slots);
  if (lastWaitsMs + bootMs + 2 * sample.elapsedMs <= goal.waitMs) return 0;
  const clearMs = Math.max(goal.waitMs, bootMs);
  return Math.ceil((erlangs + (queued * goal.serviceMs) / clearMs) / slots - 1e-9);
}

/** An async worker accepts as soon as its loop runs. A queue that stays means loops that do not: one more. */
function blockedLoopAsks(input: DemandInput, second: WindowSums): number {
  const { sample, target } = input;
  if (!known(sample.queue) || sample.queue <= 0 || second.spanMs < SECOND_MS / 2 || stillSettling(input)) {
    return 0;
  }
  return second.queuedMs / second.spanMs >= BLOCKED_LOOP_QUEUE ? target + 1 : 0;
}

/** Cores in use by workers over a window; 0 when not known, or when they bound nothing (a sync worker needs no CPU). */
function coresUsed(sample: Sample, sums: WindowSums): number {
  if (!known(sample.cpu) || sums.spanMs <= 0 || sample.model.kind === "sync") return 0;
  return sums.cpuMs / sums.spanMs;
}

/** Workers that `cores` of use need, for kinds in which one worker cannot use more than a core. */
function cpuAsks(sample: Sample, cores: number): number {
  return Math.ceil(
    cores / (isAsync(sample.model.kind) ? ASYNC_CORE_UTILIZATION : GTHREAD_CORE_UTILIZATION) - 1e-9,
  );
}

/**
 * The 95th percentile counts only when requests wait: then one more worker. A slow request that nobody waits behind is
 * slow for a reason that workers cannot cure.
 */
function sloAsks(input: DemandInput, recent: WindowSums): number {
  const { sample, history, settings, target } = input;
  const p95 = history.durationQuantileMs(settings.burstWindowMs, 0.95);
  if (!known(p95) || p95 <= settings.sloP95Ms || recent.spanMs <= 0) return 0;
  if (stillSettling(input)) return 0;
  const waiting = recent.queuedMs / recent.spanMs;
  const used = utilizationOf(sample, recent);
  return waiting >= 0.5 || (known(used) && used >= 0.9) ? target + 1 : 0;
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

function factsOf(input: DemandInput, serviceMs: Maybe<number>, second: WindowSums, erlangs: number): Facts {
  const { sample, history, settings } = input;
  return {
    rps: rpsOf(second),
    erlangs,
    inFlight: known(sample.load) ? sample.load.inFlight : "unknown",
    queued: queuedNow(sample),
    serviceMs,
    p95Ms: history.durationQuantileMs(settings.windowMs, 0.95),
    utilization: utilizationOf(sample, second),
    workerCores: known(sample.cpu) && second.spanMs > 0 ? second.cpuMs / second.spanMs : "unknown",
    limitCores: known(sample.cpu) ? sample.cpu.limitCores : "unknown",
  };
}
