import { CPU_DELAY_MS, CPU_WINDOW_MS, YOUNG_WORKER_MS } from "./constants.ts";
import { demandOf } from "./demand/demand.ts";
import { History, type Tick } from "./history.ts";
import { isAsync } from "./kinds.ts";
import type { Ended } from "./policy/gradient.ts";
import { type BootGate, boundsOf, nextGate, OPEN_GATE } from "./bounds/bounds.ts";
import { type MemoryWatch, NO_MEMORY_TROUBLE, watchMemory } from "./bounds/memory.ts";
import { AUTO, decide, initialPolicy, type Order, type PolicyState } from "./policy/policy.ts";
import type { PolicySettings } from "./policy_settings.ts";
import type { Decision } from "./reason.ts";
import { SlidingMax } from "./sliding_max.ts";
import { nextStart, notStarted, type StartHold } from "./policy/start_hold.ts";
import { asleepDecision, AWAKE, nextSleep, type SleepState, wakingDecision } from "./policy/sleep.ts";
import { known, type Load, queuedOrNone, type Sample, type WorkerCounts } from "./sample.ts";

/** All that one autoscaler remembers between ticks. */
export interface AutoscalerState {
  readonly history: History;
  readonly policy: PolicyState;
  readonly gate: BootGate;
  readonly memory: MemoryWatch;
  /** How long the latest worker took to boot; 0 before one has told. */
  readonly lastBootMs: number;
  /** Requests that waited, and workers that served, at the tick before. */
  readonly lastQueued: number;
  readonly lastReady: number;
  /** Threads that had a connection at the tick before. */
  readonly lastBusyThreads: number;
  readonly start: StartHold;
  readonly sleep: SleepState;
  /** Ready counts of the last second, negative: its maximum is the fewest there were. */
  readonly fewestReady: SlidingMax;
}

/** A fresh state, with `target` workers as the count that gunicorn was started with. */
export function initial(settings: PolicySettings, target: number): AutoscalerState {
  return {
    history: new History(longestWindowMs(settings)),
    policy: initialPolicy(target),
    gate: OPEN_GATE,
    memory: NO_MEMORY_TROUBLE,
    lastBootMs: 0,
    lastQueued: 0,
    lastReady: 0,
    lastBusyThreads: 0,
    start: notStarted(target),
    sleep: AWAKE,
    fewestReady: new SlidingMax(),
  };
}

/**
 * One tick: sample -> demand -> bounds -> decision. Pure but for taking over the state: the state passed in must not be
 * used again. The same function runs in production, in the simulator and over recordings.
 */
export function step(
  state: AutoscalerState,
  sample: Sample,
  settings: PolicySettings,
  order: Order = AUTO,
): { state: AutoscalerState; decision: Decision } {
  const { sleep, waking } = nextSleep(state.sleep, sample, settings, order);
  const { sinceMs } = sleep;
  if (sinceMs !== undefined) {
    const decision = asleepDecision(sample, { ...sleep, sinceMs }, settings, state.policy.target);
    const policy = { ...state.policy, target: 0 };
    return { state: { ...state, sleep, policy, lastQueued: 0, lastReady: 0, lastBusyThreads: 0 }, decision };
  }
  // The least that can serve comes first; the minimum once it does.
  const awake = sleep.isWaking ? { ...settings, minWorkers: 1 } : settings;
  const next = awakeStep(
    { ...(waking === undefined ? state : rested(state, settings)), sleep },
    sample,
    awake,
    order,
  );
  return waking === undefined ? next : { ...next, decision: wakingDecision(next.decision, waking) };
}

/** After a sleep: one worker, no history, what was learned of this application's load. */
function rested(state: AutoscalerState, settings: PolicySettings): AutoscalerState {
  const { holdFactor, holdChangedAtMs } = state.policy;
  return {
    ...state,
    history: new History(longestWindowMs(settings)),
    policy: { ...initialPolicy(1), holdFactor, holdChangedAtMs },
    fewestReady: new SlidingMax(),
  };
}

function awakeStep(
  state: AutoscalerState,
  sample: Sample,
  settings: PolicySettings,
  order: Order,
): { state: AutoscalerState; decision: Decision } {
  const counts = known(sample.workers) ? sample.workers : undefined;
  const ready = counts?.ready ?? state.lastReady;
  const start = nextStart(state.start, sample, counts?.ready ?? 0);
  const gate = nextGate(state.gate, sample, ready > state.lastReady);
  const bootMs = known(sample.boots) && known(sample.boots.lastBootMs)
    ? sample.boots.lastBootMs
    : state.lastBootMs;
  const queued = queuedOrNone(sample);
  state.history.keepAtLeast(longestWindowMs(settings));
  // The first sample has no time behind it; its deltas mean nothing.
  if (sample.elapsedMs > 0) state.history.push(toTick(sample, ready, state));

  const target = state.policy.target;
  const assumed: WorkerCounts = counts ??
    { target: "unknown", ready: target, booting: 0, draining: 0, oldestBootMs: 0 };
  const recent = state.history.sums(CPU_WINDOW_MS);
  const stable = state.history.sums(settings.windowMs);
  const before = state.history.sums(CPU_WINDOW_MS, CPU_DELAY_MS);
  state.fewestReady.push(sample.nowMs, -ready);
  const young = ready + state.fewestReady.max(sample.nowMs, YOUNG_WORKER_MS, -ready);
  const { watch: memory, shed } = watchMemory(state.memory, sample, settings, assumed, target);
  const bounds = boundsOf({
    sample,
    settings,
    counts: assumed,
    young,
    target,
    gate,
    memory,
    recent,
    stable,
    before,
  });
  const seen = hasData(sample)
    ? demandOf({
      sample,
      history: state.history,
      settings,
      counts: assumed,
      target,
      bootMs,
      sinceUpMs: sample.nowMs - state.policy.lastUpAtMs,
    })
    : "unknown";
  // What is not seen of some workers may keep them busy: it is no reason to take any away.
  const demand = known(seen) && (assumed.unseen ?? 0) > 0
    ? { ...seen, enough: Math.max(seen.enough, target) }
    : seen;
  const { state: policy, decision } = decide(state.policy, {
    nowMs: sample.nowMs,
    demand,
    bounds,
    shed,
    settings,
    order,
    bootMs,
    slots: sample.model.slots,
    ended: endedIn(sample),
    start,
  });
  return {
    state: {
      ...state,
      policy,
      gate,
      memory,
      lastBootMs: bootMs,
      lastQueued: queued,
      lastReady: ready,
      start,
      lastBusyThreads: known(sample.load) ? sample.load.busyThreads : 0,
    },
    decision,
  };
}

function longestWindowMs(settings: PolicySettings): number {
  return Math.max(settings.windowMs, settings.burstWindowMs, CPU_WINDOW_MS + CPU_DELAY_MS);
}

/** Without any of the signals that show demand there is nothing to decide on. */
function hasData(sample: Sample): boolean {
  return sample.elapsedMs > 0 && (known(sample.load) || known(sample.statsd) || known(sample.queue));
}

function endedIn({ load, statsd }: Sample): Ended {
  if (known(load)) return { requests: load.finished, serviceMs: load.serviceMs };
  return known(statsd)
    ? { requests: statsd.durationCount, serviceMs: statsd.durationSumMs }
    : { requests: 0, serviceMs: 0 };
}

/** Reduces a sample to the sums that windows are made of. */
function toTick(sample: Sample, ready: number, { lastQueued, lastBusyThreads }: AutoscalerState): Tick {
  const { elapsedMs, load, statsd, cpu } = sample;
  const queued = queuedOrNone(sample);
  const loop = known(load) ? load.loop : "unknown";
  const base = {
    nowMs: sample.nowMs,
    elapsedMs,
    queuedMs: queued * elapsedMs,
    workerMs: ready * elapsedMs,
    cpuMs: known(cpu) ? cpu.workerCores * elapsedMs : 0,
    cpuWaitMs: known(cpu) && known(cpu.waitingCores) ? cpu.waitingCores * elapsedMs : 0,
    servingMs: known(load) ? servingMs(load, ready * elapsedMs) : 0,
    loopBusyMs: known(loop) ? loop.busyMs : 0,
    loopTicks: known(loop) ? loop.ticks : 0,
    loopLateTicks: known(loop) ? loop.lateTicks : 0,
    loopLateMs: known(loop) ? loop.lateMs : 0,
  };
  if (known(load)) {
    return {
      ...base,
      // A thread that was taken a tick ago and is now has hardly been free, whatever it does for its connection.
      occupiedMs: Math.max(load.inFlightMs, Math.min(lastBusyThreads, load.busyThreads) * elapsedMs),
      arrivals: Math.max(0, load.started + queued - lastQueued),
      started: load.started,
      finished: load.finished,
      serviceMs: load.serviceMs,
      durations: load.finished > 0 ? load.service : undefined,
    };
  }
  const finished = known(statsd) ? statsd.requests : 0;
  const meanMs = known(statsd) && statsd.durationCount > 0 ? statsd.durationSumMs / statsd.durationCount : 0;
  // Finished requests tell how long slots were in use only after the fact. A sync worker takes the next connection as
  // soon as it is free, so with a queue all of them are in use now.
  const allBusy = queued > 0 && !isAsync(sample.model.kind) ? ready * sample.model.slots * elapsedMs : 0;
  return {
    ...base,
    occupiedMs: Math.max(allBusy, finished * meanMs),
    arrivals: Math.max(0, finished + queued - lastQueued),
    started: finished,
    finished,
    serviceMs: finished * meanMs,
    durations: known(statsd) && statsd.durationCount > 0 ? statsd.durations : undefined,
  };
}

function servingMs(load: Load, workerMs: number): number {
  return load.websockets + load.streams > 0 ? workerMs : load.busyMs;
}
