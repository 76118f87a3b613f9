import { known } from "../../core/sample.ts";
import { type Controller, DOORBELL } from "./controller.ts";
import { BOOTING, READY, type WorkerTable } from "../server/workers/worker_table.ts";

/** uWSGI's options for its busyness algorithm, by their names without `cheaper-busyness-`; with its defaults. */
export interface BusynessSettings {
  /** cheaper, workers, cheaper-step. */
  readonly minWorkers: number;
  readonly maxWorkers: number;
  readonly step: number;
  /** cheaper-overload: length of a cycle, s. */
  readonly overload: number;
  readonly max: number;
  readonly min: number;
  readonly multiplier: number;
  readonly penalty: number;
  readonly backlogAlert: number;
  readonly backlogMultiplier: number;
  readonly backlogStep: number;
  /** Emergency workers also when the listen queue was never empty for this long, s. */
  readonly backlogNonzero: number;
}

/** uWSGI's defaults. */
export const BUSYNESS_DEFAULTS: Omit<BusynessSettings, "minWorkers" | "maxWorkers"> = {
  step: 1,
  overload: 3,
  max: 50,
  min: 25,
  multiplier: 10,
  penalty: 2,
  backlogAlert: 33,
  backlogMultiplier: 3,
  backlogStep: 1,
  backlogNonzero: 60,
};

/**
 * uWSGI's cheaper algorithm "busyness", after its documentation and source: once a second the master
 * looks at the listen queue (an emergency worker when it is over the alert), and every `overload` seconds at the mean
 * share of time the workers ran. Only finished requests count as running time; a worker that was busy without
 * finishing any counts as fully busy. One worker stops at a time, when busyness has been low for overload x multiplier.
 */
export function uwsgiBusyness(settings: BusynessSettings): Controller {
  const { minWorkers, maxWorkers } = settings;
  const cycleMs = settings.overload * 1000;
  const meter = new BusynessMeter(cycleMs);
  let multiplier = settings.multiplier;
  let checkedMs = 0, cheapedMs = -Infinity, nextCheapMs = cycleMs * multiplier;
  let lastAction: "none" | "spawn" | "cheap" = "none";
  let tolerated = 0, emergency = 0;
  let nonzeroSinceMs = -1;
  let target = minWorkers;
  let why = "";

  const setNextCheap = (now: number) => {
    nextCheapMs = now + cycleMs * (emergency > 0 ? settings.backlogMultiplier : multiplier);
  };
  const relax = () => multiplier = Math.max(settings.multiplier, multiplier - 1);

  const spawnEmergency = (now: number, queue: number, active: number) => {
    multiplier = settings.multiplier;
    lastAction = "spawn";
    const added = Math.min(settings.backlogStep, maxWorkers - active);
    emergency += added;
    setNextCheap(now);
    why = `${queue} in the listen queue: emergency worker`;
    target = active + added;
  };

  /** Between two cycles only the listen queue counts. */
  const watchQueue = (now: number, queue: number, active: number) => {
    if (queue > settings.backlogAlert && active < maxWorkers) spawnEmergency(now, queue, active);
    else if (queue === 0) nonzeroSinceMs = -1;
    else if (nonzeroSinceMs < 0) nonzeroSinceMs = now;
    else if (now - nonzeroSinceMs >= settings.backlogNonzero * 1000 && active < maxWorkers) {
      nonzeroSinceMs = now;
      spawnEmergency(now, queue, active);
    }
  };

  return {
    name: "uwsgi busyness",
    tickMs: 1000,
    initialWorkers: minWorkers,
    // The app is loaded before the fork, and nothing sleeps between forks.
    actuation: { ...DOORBELL, bootMs: 10 },
    reason: () => why,
    tick(sample, workers) {
      const now = sample.nowMs;
      const active = target;
      const queue = known(sample.queue) ? sample.queue : 0;
      meter.look(workers);
      if (now - checkedMs < cycleMs) {
        watchQueue(now, queue, active);
        return target;
      }
      checkedMs = now;
      const percent = meter.endCycle(workers);
      if (percent > settings.max) {
        tolerated = 0;
        const added = Math.min(settings.step, maxWorkers - active);
        if (added <= 0) return target;
        lastAction = "spawn";
        if (now - cheapedMs <= multiplier * cycleMs) multiplier += settings.penalty;
        else relax();
        setNextCheap(now);
        why = `busyness ${percent.toFixed(0)} % is over ${settings.max} %`;
        target = active + added;
      } else if (queue > settings.backlogAlert && active < maxWorkers) {
        spawnEmergency(now, queue, active);
      } else if (active > 1 && percent < settings.min) {
        tolerated = 0;
        if (active > minWorkers && now >= nextCheapMs) {
          if (lastAction === "cheap") relax();
          setNextCheap(now);
          cheapedMs = now;
          lastAction = "cheap";
          if (emergency > 0) emergency--;
          why = `busyness ${percent.toFixed(0)} % is under ${settings.min} %`;
          target = active - 1;
        }
      } else if (active > 1) {
        if (emergency > 0) emergency--;
        if (++tolerated >= 3) setNextCheap(now);
        else nextCheapMs += cycleMs;
      }
      return target;
    },
  };
}

/** How busy the workers are, from what is seen of them once a second. */
class BusynessMeter {
  readonly #cycleMs: number;
  readonly #before = new Map<number, { readonly epoch: number; readonly servedMs: number }>();
  readonly #seenBusy = new Set<number>();

  constructor(cycleMs: number) {
    this.#cycleMs = cycleMs;
  }

  /** Notes the workers that have a request now. */
  look(workers: WorkerTable): void {
    for (let worker = 0; worker < workers.end; worker++) {
      if (workers.state[worker] === READY && workers.inFlight[worker]! > 0) this.#seenBusy.add(worker);
    }
  }

  /** Mean busyness of the cycle, %; starts the next. */
  endCycle(workers: WorkerTable): number {
    let sum = 0, n = 0;
    for (let worker = 0; worker < workers.end; worker++) {
      const epoch = workers.epoch[worker]!;
      const before = this.#before.get(worker);
      const servedMs = workers.servedMs[worker]!;
      const ranMs = servedMs - (before?.epoch === epoch ? before.servedMs : 0);
      this.#before.set(worker, { epoch, servedMs });
      const state = workers.state[worker];
      if (state !== READY && state !== BOOTING) continue;
      n++;
      const percent = Math.floor(ranMs * 100 / this.#cycleMs); // whole numbers, as in uWSGI
      sum += ranMs === 0 && this.#seenBusy.has(worker) ? 100 : Math.min(100, percent);
    }
    this.#seenBusy.clear();
    return n > 0 ? Math.floor(sum / n) : 0;
  }
}
