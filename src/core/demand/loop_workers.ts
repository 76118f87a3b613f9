/** Async workers: each runs many requests on one event loop, and so on one core. */
import {
  BLOCKED_LOOP_LEAST_MS,
  BLOCKED_LOOP_QUEUED_REQUESTS,
  CPU_DELAY_MS,
  DOWN_LOAD_FACTOR,
  MOST_CONNECTIONS_SHARE,
} from "../constants.ts";
import type { WindowSums } from "../history.ts";
import { roundUp } from "../round_up.ts";
import { known } from "../sample.ts";
import { burstCores } from "./burst.ts";
import { coresUsed, cpu, workersForCores } from "./cpu.ts";
import {
  blockedLoops,
  blockedMs,
  enoughLoops,
  loopsAreLate,
  loopsFor,
  mostLoops,
  neededLoops,
} from "./event_loops.ts";
import { objective } from "./objective.ts";
import type { Observed } from "./observed.ts";
import { erlangsOf, lowerErlangs } from "./offered_load.ts";
import { queueWorkers } from "./queue.ts";
import type { WorkerSignals } from "./worker_signals.ts";

export const LOOP_WORKERS: WorkerSignals = {
  signals: [
    ["concurrency", concurrency],
    ["concurrency", connections],
    ["cpu", cpu],
    ["burst", limited(burstOnCores)],
    ["burst", limited(burstOnLoops)],
    ["burst", burstInFlight],
    ["queue", limited(queueOnLoops)],
    ["loop", limited(loop)],
    ["blocked-loop", limited(blockedLoop)],
    ["slo", limited(objective)],
  ],
  enough,
};

/** For late loops as many as help, and no more. What is in flight has a limit of its own. */
function limited(signal: (observed: Observed) => number): (observed: Observed) => number {
  return (observed) => Math.min(signal(observed), mostLoops(observed.stable, observed.sample.cpu));
}

/** Requests in flight, at `target-conc-per-worker` a worker. */
function concurrency({ settings, steadyErlangs, serviceMs, stable }: Observed): number {
  return roundUp(lowerErlangs(steadyErlangs, serviceMs, stable.spanMs) / settings.targetConcPerWorker);
}

/**
 * Workers of which none holds more than 80 % of its worker_connections: one that is full accepts no connection.
 * Example: 900 websockets on one worker of 1,000 connections: 2 workers.
 */
function connections({ sample: { load, model } }: Observed): number {
  if (!known(load)) return 0;
  return roundUp((load.inFlight + load.websockets + load.streams) / (model.slots * MOST_CONNECTIONS_SHARE));
}

/** Cores for what a burst brings. */
function burstOnCores({ sample, burst, stable, serviceMs }: Observed): number {
  return burst === undefined ? 0 : workersForCores(sample.model.kind, burstCores(burst, stable, serviceMs));
}

/** Loops for what a burst brings, where loops are blocked. */
function burstOnLoops({ burst, stable, goal }: Observed): number {
  if (burst === undefined) return 0;
  return loopsFor(blockedLoops(burst, stable), stable, goal);
}

/** What a burst has in flight, at `target-conc-per-worker` a worker. */
function burstInFlight({ burst, serviceMs, settings }: Observed): number {
  if (burst === undefined) return 0;
  const inFlight = lowerErlangs(erlangsOf(burst, serviceMs, true), serviceMs, burst.spanMs);
  return roundUp(inFlight / settings.targetConcPerWorker);
}

/** Loops for what waits in the accept queue, beside those for the load: a loop that is blocked is a slot. */
function queueOnLoops(observed: Observed): number {
  const { sample, history, settings, stable, recent, goal } = observed;
  // CPU is read late: loops that have just begun to compute look blocked. So do those that wait for a CPU, all the time.
  const before = history.sums(settings.windowMs - CPU_DELAY_MS, CPU_DELAY_MS);
  const serviceMs = blockedMs({ ...before, cpuMs: stable.cpuMs + stable.cpuWaitMs });
  if (serviceMs <= 0) return 0;
  const input = { ...observed, sample: { ...sample, model: { ...sample.model, slots: 1 } } };
  const beside = loopsFor(neededLoops(recent), stable, goal);
  return queueWorkers(input, { ...goal, serviceMs }, beside, burstOnLoops(observed));
}

/**
 * Loops for those that are busy. Where requests wait too long for them the latest window counts, whatever was before;
 * and when what the last growth brought has been seen, one more.
 */
function loop(observed: Observed): number {
  const { target, goal, stable, recent, isSettling } = observed;
  const isLate = loopsAreLate(recent, observed.second, goal);
  const busy = isLate ? neededLoops(recent) : Math.min(neededLoops(stable), neededLoops(recent));
  return Math.max(isLate && !isSettling ? target + 1 : 0, loopsFor(busy, recent, goal));
}

/** An async worker accepts as soon as its loop runs. A queue that stays means loops that do not: one more. */
function blockedLoop({ sample, second, target, isSettling }: Observed): number {
  if (!known(sample.queue) || sample.queue <= 0 || second.spanMs < BLOCKED_LOOP_LEAST_MS || isSettling) {
    return 0;
  }
  return meanQueued(second) >= BLOCKED_LOOP_QUEUED_REQUESTS ? target + 1 : 0;
}

function enough(observed: Observed): number {
  const { sample, settings, target, goal, stable, recent, recentErlangs } = observed;
  return Math.max(
    roundUp(recentErlangs * DOWN_LOAD_FACTOR / settings.targetConcPerWorker),
    workersForCores(sample.model.kind, coresUsed(observed) * DOWN_LOAD_FACTOR),
    enoughLoops(stable, recent, goal),
    // None is removed while requests wait too long for loops.
    loopsAreLate(recent, observed.second, goal) ? target : 0,
  );
}

function meanQueued({ queuedMs, spanMs }: WindowSums): number {
  return queuedMs / spanMs;
}
