/** Sync and gthread workers: each request occupies a slot. */
import { bootsAreLate } from "../boot_time.ts";
import { DOWN_LATE_SHARE, DOWN_LOAD_FACTOR, LEAD_TICKS } from "../constants.ts";
import { burstErlangs } from "./burst.ts";
import { climbErlangs } from "./climb.ts";
import { coresUsed, cpu, workersForCores } from "./cpu.ts";
import { workersFor } from "./delay_formula.ts";
import { lastingErlangs } from "./fall.ts";
import { hangingWorkers } from "./hanging.ts";
import { objective } from "./objective.ts";
import type { Observed } from "./observed.ts";
import { lowerErlangs } from "./offered_load.ts";
import { queueWorkers } from "./queue.ts";
import type { WorkerSignals } from "./worker_signals.ts";

export const SLOT_WORKERS: WorkerSignals = {
  signals: [
    ["load", load],
    ["cpu", cpu],
    ["burst", burst],
    ["queue", hanging],
    ["queue", queue],
    ["slo", objective],
  ],
  enough,
};

/** Slots for the steady load, with which few requests wait, and for what it climbs to during a long boot. */
function load(observed: Observed): number {
  const { sample, goal, steadyErlangs, serviceMs, stable } = observed;
  const steady = lowerErlangs(steadyErlangs, serviceMs, stable.spanMs);
  return workersFor(Math.max(steady, erlangsOfClimb(observed)), sample.model.slots, goal);
}

/** Slots for what a burst brings, at its own service times. */
function burst(observed: Observed): number {
  return workersFor(erlangsOfBurst(observed), observed.sample.model.slots, observed.goal);
}

/** A slot for each request that waits while all others hang. */
function hanging(observed: Observed): number {
  return hangingWorkers(observed, observed.settings.sloP95Ms);
}

/** Slots that serve the queue in the time that requests may wait. */
function queue(observed: Observed): number {
  const { goal, recentErlangs, serviceMs, recent } = observed;
  const beside = lowerErlangs(recentErlangs, serviceMs, recent.spanMs);
  return queueWorkers(observed, goal, beside, erlangsOfBurst(observed));
}

function enough(observed: Observed): number {
  const { sample, goal } = observed;
  // Fewer workers must keep waits shorter than those for which more are wanted.
  return Math.max(
    workersFor(lastingErlangs(observed), sample.model.slots, { ...goal, lateShare: DOWN_LATE_SHARE }),
    workersForCores(sample.model.kind, coresUsed(observed) * DOWN_LOAD_FACTOR),
  );
}

function erlangsOfBurst({ burst, serviceMs }: Observed): number {
  return burst === undefined ? 0 : burstErlangs(burst, serviceMs);
}

function erlangsOfClimb({ sample, history, settings, serviceMs, burst, bootMs }: Observed): number {
  if (burst !== undefined || !bootsAreLate(bootMs, settings)) return 0;
  const leadMs = bootMs + LEAD_TICKS * sample.elapsedMs;
  return climbErlangs({ history, windowMs: settings.windowMs, serviceMs, leadMs });
}
