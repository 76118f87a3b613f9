import type { History, WindowSums } from "./history.ts";
import type { PolicySettings } from "./policy_settings.ts";
import type { Demand, Facts, SignalDemand, SignalName } from "./reason.ts";
import { known, type Maybe, type Sample, type WorkerCounts } from "./sample.ts";
import { workersFor } from "./staffing.ts";

/** The shortest window in which a burst is believed: three samples of 100 ms. */
const FAST_MS = 300;
const SECOND_MS = 1_000;
/** An async worker is one core at most; busier than this its loop makes requests wait. */
const ASYNC_CORE_UTILIZATION = 0.7;
/** Threads share one core through the interpreter lock: at this use a gthread worker is full whatever its threads. */
const GTHREAD_CORE_UTILIZATION = 0.85;
/** Share of the requests that may wait longer than the goal. */
const LATE_SHARE = 0.03;
/** Load is taken as this much larger before workers go: a load at the edge between two counts must not flap. */
const DOWN_MARGIN = 1.15;
/** Standard deviations by which a short window must exceed before it counts as more load: noise asks for nothing. */
const PROOF_SIGMAS = 1;
/** Few waits are normal for async workers; a mean of this many over a second is a loop that does not get to accept. */
const BLOCKED_LOOP_QUEUE = 1;

export interface DemandInput {
  readonly sample: Sample;
  readonly history: History;
  readonly settings: PolicySettings;
  readonly counts: WorkerCounts;
  /** The target now, booting workers included. */
  readonly target: number;
  /** How long a worker took to boot, ms; 0 when not known. */
  readonly bootMs: number;
}

/** True for the kinds that serve many requests on one loop. */
export function isAsync(kind: Sample["model"]["kind"]): boolean {
  return kind !== "sync" && kind !== "gthread" && kind !== "unknown";
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
  const second = history.sums(SECOND_MS);
  const async = isAsync(sample.model.kind);
  const signals: SignalDemand[] = [];
  const ask = (signal: SignalName, workers: number) => {
    if (workers > 0) signals.push({ signal, workers });
  };

  const slotsASignal = async
    ? (erlangs: number) => Math.ceil(erlangs / settings.targetConcPerWorker - 1e-9)
    : (erlangs: number) => workersFor(erlangs, sample.model.slots, waitGoal(serviceMs, settings));
  const steadyErlangs = erlangsOf(stable, serviceMs, async);
  const steadyCores = coresUsed(sample, second);
  ask(async ? "concurrency" : "load", slotsASignal(steadyErlangs));
  ask("cpu", cpuAsks(sample, steadyCores));
  const margin = Math.max(
    slotsASignal(steadyErlangs * DOWN_MARGIN),
    cpuAsks(sample, steadyCores * DOWN_MARGIN),
  );
  if (settings.burstEnabled) {
    for (const windowMs of [FAST_MS, SECOND_MS, settings.burstWindowMs]) {
      const sums = history.sums(windowMs);
      if (!jumped(sums, stable, sample, settings)) continue;
      ask("burst", slotsASignal(proven(erlangsOf(sums, serviceMs, async), serviceMs, sums.spanMs)));
      if (async) ask("burst", Math.ceil(offeredCores(sums, stable) / ASYNC_CORE_UTILIZATION - 1e-9));
    }
  }
  ask(
    "queue",
    async ? 0 : queueAsks(input, serviceMs, Math.min(steadyErlangs, erlangsOf(second, serviceMs, false))),
  );
  if (async) ask("blocked-loop", blockedLoopAsks(input, second));
  ask("slo", sloAsks(input, second));

  let leading: SignalDemand = { signal: "none", workers: 1 };
  for (const s of signals) if (s.workers > leading.workers) leading = s;
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

/**
 * Mean service time: from the shortest window that has seen enough requests to tell, so that a change of the mix shows
 * soon; "unknown" before any request has finished.
 */
function meanServiceMs(history: History, settings: PolicySettings): Maybe<number> {
  for (const windowMs of [SECOND_MS, settings.burstWindowMs, settings.windowMs]) {
    const sums = history.sums(windowMs);
    if (sums.finished >= 8 || (windowMs === settings.windowMs && sums.finished > 0)) {
      return sums.serviceMs / sums.finished;
    }
  }
  return "unknown";
}

/**
 * Offered load in erlangs (slots needed on average): the larger of what was occupied and what arrived times its service
 * time. Occupied alone cannot exceed the slots there are; arrivals can, and tell during overload. For async kinds
 * everything that arrives is taken at once, so occupancy is enough.
 */
function erlangsOf(sums: WindowSums, serviceMs: Maybe<number>, async: boolean): number {
  if (sums.spanMs <= 0) return 0;
  const occupied = sums.occupiedMs / sums.spanMs;
  if (async || !known(serviceMs)) return occupied;
  return Math.max(occupied, (sums.arrivals * serviceMs) / sums.spanMs);
}

/**
 * The load that a short window proves: its mean less one standard deviation. For Poisson arrivals the variance of the
 * mean over w is about a * service / w, and never more than a.
 * Example: 6 erlangs of 100 ms over 300 ms prove 4.6; over 3 s they prove 5.6.
 */
function proven(erlangs: number, serviceMs: Maybe<number>, spanMs: number): number {
  const service = known(serviceMs) ? serviceMs : spanMs;
  return Math.max(
    0,
    erlangs - PROOF_SIGMAS * Math.sqrt(erlangs * Math.min(1, service / Math.max(spanMs, 1))),
  );
}

/** A short window counts as a burst when its rate has jumped, or when requests wait already. */
function jumped(sums: WindowSums, stable: WindowSums, sample: Sample, settings: PolicySettings): boolean {
  if (sums.spanMs <= 0) return false;
  const queued = queuedNow(sample);
  if (known(queued) && queued > 0) return true;
  const rps = (sums.arrivals * 1000) / sums.spanMs;
  const before = stable.spanMs > 0 ? (stable.arrivals * 1000) / stable.spanMs : 0;
  return rps >= settings.burstMinRps && rps - before >= settings.burstRpsJump;
}

/** Cores that the arrivals of a window need at the CPU cost per request seen lately; proven as above. */
function offeredCores(sums: WindowSums, stable: WindowSums): number {
  if (stable.finished <= 0 || sums.spanMs <= 0) return 0;
  const cpuPerRequestMs = stable.cpuMs / stable.finished;
  return proven((sums.arrivals * cpuPerRequestMs) / sums.spanMs, cpuPerRequestMs, sums.spanMs);
}

/**
 * Workers that clear the queue in the time a request may wait, beside serving what goes on arriving. Asks for nothing
 * when the workers at hand will clear it in time, or when booting ones have not had their chance yet.
 */
function queueAsks(input: DemandInput, serviceMs: Maybe<number>, erlangs: number): number {
  const { sample, settings, counts, bootMs } = input;
  const queued = queuedNow(sample);
  if (!known(queued) || queued <= 0) return 0;
  if (counts.booting > 0 && counts.oldestBootMs < 2 * bootMs) return 0;
  const goal = waitGoal(serviceMs, settings);
  const slots = sample.model.slots;
  const free = (counts.ready + counts.booting) * slots - erlangs;
  if (free > 0 && (queued * goal.serviceMs) / free <= goal.waitMs) return 0;
  const clearMs = Math.max(goal.waitMs, bootMs);
  return Math.ceil((erlangs + (queued * goal.serviceMs) / clearMs) / slots - 1e-9);
}

/** An async worker accepts as soon as its loop runs. A queue that stays means loops that do not: one more. */
function blockedLoopAsks(input: DemandInput, second: WindowSums): number {
  const { sample, counts, target, bootMs } = input;
  if (!known(sample.queue) || sample.queue <= 0 || second.spanMs < SECOND_MS / 2) return 0;
  if (counts.booting > 0 && counts.oldestBootMs < 2 * bootMs) return 0;
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
function sloAsks(input: DemandInput, second: WindowSums): number {
  const { sample, history, settings, counts, target, bootMs } = input;
  const p95 = history.durationQuantileMs(settings.burstWindowMs, 0.95);
  if (!known(p95) || p95 <= settings.sloP95Ms || second.spanMs <= 0) return 0;
  if (counts.booting > 0 && counts.oldestBootMs < 2 * bootMs) return 0;
  const waiting = second.queuedMs / second.spanMs;
  const used = utilizationOf(sample, second);
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
    rps: second.spanMs > 0 ? (second.arrivals * 1000) / second.spanMs : 0,
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
