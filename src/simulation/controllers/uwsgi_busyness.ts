import { known, type Sample } from "../../core/sample.ts";
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
  const cheaper = new Cheaper(settings);
  return {
    name: "uwsgi busyness",
    tickMs: 1000,
    initialWorkers: settings.minWorkers,
    // The app is loaded before the fork, and nothing sleeps between forks.
    actuation: { ...DOORBELL, bootMs: 10 },
    reason: () => cheaper.why,
    tick: (sample, workers) => cheaper.tick(sample, workers),
  };
}

/** What the master sees at the end of a cycle. */
interface Cycle {
  readonly nowMs: number;
  readonly queue: number;
  /** Mean busyness of the workers, %. */
  readonly percent: number;
}

/** The algorithm's state in uWSGI's master. */
class Cheaper {
  why = "";
  readonly #settings: BusynessSettings;
  readonly #cycleMs: number;
  readonly #meter: BusynessMeter;
  #multiplier: number;
  #checkedMs = 0;
  #cheapedMs = -Infinity;
  #nextCheapMs: number;
  #lastAction: "none" | "spawn" | "cheap" = "none";
  /** Cycles in a row with neither too much nor too little busyness. */
  #tolerated = 0;
  /** Emergency workers that are still there. */
  #emergency = 0;
  /** Since when the listen queue holds something at each look; -1 while it is empty. */
  #nonzeroSinceMs = -1;
  #target: number;

  constructor(settings: BusynessSettings) {
    this.#settings = settings;
    this.#cycleMs = settings.overload * 1000;
    this.#meter = new BusynessMeter(this.#cycleMs);
    this.#multiplier = settings.multiplier;
    this.#nextCheapMs = this.#cycleMs * settings.multiplier;
    this.#target = settings.minWorkers;
  }

  /** The number of workers wanted after a second. */
  tick({ nowMs, queue: waiting }: Sample, workers: WorkerTable): number {
    const queue = known(waiting) ? waiting : 0;
    this.#meter.look(workers);
    if (nowMs - this.#checkedMs < this.#cycleMs) this.#watchQueue(nowMs, queue);
    else {
      this.#checkedMs = nowMs;
      this.#endCycle({ nowMs, queue, percent: this.#meter.endCycle(workers) });
    }
    return this.#target;
  }

  /** Between two cycles only the listen queue counts. */
  #watchQueue(nowMs: number, queue: number): void {
    const { backlogAlert, backlogNonzero } = this.#settings;
    if (queue > backlogAlert && this.#hasRoom()) this.#spawnEmergency(nowMs, queue);
    else if (queue === 0) this.#nonzeroSinceMs = -1;
    else if (this.#nonzeroSinceMs < 0) this.#nonzeroSinceMs = nowMs;
    else if (nowMs - this.#nonzeroSinceMs >= backlogNonzero * 1000 && this.#hasRoom()) {
      this.#nonzeroSinceMs = nowMs;
      this.#spawnEmergency(nowMs, queue);
    }
  }

  #endCycle(cycle: Cycle): void {
    const { max, min, backlogAlert } = this.#settings;
    const { nowMs, queue, percent } = cycle;
    if (percent > max) this.#spawn(cycle);
    else if (queue > backlogAlert && this.#hasRoom()) this.#spawnEmergency(nowMs, queue);
    else if (this.#target > 1 && percent < min) this.#cheap(cycle);
    else if (this.#target > 1) this.#tolerate(nowMs);
  }

  #spawn({ nowMs, percent }: Cycle): void {
    const { step, maxWorkers, penalty, max } = this.#settings;
    this.#tolerated = 0;
    const added = Math.min(step, maxWorkers - this.#target);
    if (added <= 0) return;
    this.#lastAction = "spawn";
    if (nowMs - this.#cheapedMs <= this.#multiplier * this.#cycleMs) this.#multiplier += penalty;
    else this.#relax();
    this.#setNextCheap(nowMs);
    this.why = `busyness ${percent.toFixed(0)} % is over ${max} %`;
    this.#target += added;
  }

  #spawnEmergency(nowMs: number, queue: number): void {
    const { multiplier, backlogStep, maxWorkers } = this.#settings;
    this.#multiplier = multiplier;
    this.#lastAction = "spawn";
    const added = Math.min(backlogStep, maxWorkers - this.#target);
    this.#emergency += added;
    this.#setNextCheap(nowMs);
    this.why = `${queue} in the listen queue: emergency worker`;
    this.#target += added;
  }

  #cheap({ nowMs, percent }: Cycle): void {
    this.#tolerated = 0;
    if (this.#target <= this.#settings.minWorkers || nowMs < this.#nextCheapMs) return;
    if (this.#lastAction === "cheap") this.#relax();
    this.#setNextCheap(nowMs);
    this.#cheapedMs = nowMs;
    this.#lastAction = "cheap";
    if (this.#emergency > 0) this.#emergency--;
    this.why = `busyness ${percent.toFixed(0)} % is under ${this.#settings.min} %`;
    this.#target--;
  }

  #tolerate(nowMs: number): void {
    if (this.#emergency > 0) this.#emergency--;
    if (++this.#tolerated >= 3) this.#setNextCheap(nowMs);
    else this.#nextCheapMs += this.#cycleMs;
  }

  #hasRoom(): boolean {
    return this.#target < this.#settings.maxWorkers;
  }

  #relax(): void {
    this.#multiplier = Math.max(this.#settings.multiplier, this.#multiplier - 1);
  }

  #setNextCheap(nowMs: number): void {
    const cycles = this.#emergency > 0 ? this.#settings.backlogMultiplier : this.#multiplier;
    this.#nextCheapMs = nowMs + this.#cycleMs * cycles;
  }
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
