import type { Sample } from "../../core/sample.ts";
import type { StopOrder, WorkerTable } from "../server/workers/worker_table.ts";

/** How a target becomes workers: by the doorbell of our probe, or by signals to plain gunicorn. */
export interface Actuation {
  /** From the tick to the master acting on it. */
  readonly doorbellMs: number;
  /** One fork. */
  readonly forkMs: number;
  /** Plain gunicorn sleeps a random time up to this after each fork. */
  readonly forkPauseMs: number;
  /** New workers come at once though others still drain; plain gunicorn counts those and waits for them. */
  readonly besideDraining: boolean;
  readonly stopOrder: StopOrder;
  /**
   * A worker leaves work to others: a gthread worker accepts one connection more than it has threads, and with more requests
   * than threads it lets its kept connections go; an event loop accepts one connection a turn, and lets its kept connections
   * go while it is full.
   */
  readonly shares: boolean;
  /** Boot in place of the scenario's, where a server's processes start another way (uWSGI forks a loaded app). */
  readonly bootMs?: number;
}

/** Our probe: forks follow each other at once, the least busy worker is stopped first. */
export const DOORBELL: Actuation = {
  doorbellMs: 2,
  forkMs: 3,
  forkPauseMs: 0,
  besideDraining: true,
  stopOrder: "idle",
  shares: true,
};

/** gunicorn alone, asked by signals. */
export const PLAIN_GUNICORN: Actuation = {
  doorbellMs: 2,
  forkMs: 3,
  forkPauseMs: 100,
  besideDraining: false,
  stopOrder: "oldest",
  shares: false,
};

/** Perfect foresight has no controller: the engine adds a worker at the last moment that keeps the SLO. */
export interface Foresight {
  readonly minWorkers: number;
  readonly maxWorkers: number;
  /** The moment is the SLO's end less the CPU part times `stretch`, the waiting part and `marginMs`. */
  readonly stretch: number;
  readonly marginMs: number;
}

/** What decides how many workers there are: our core, a rival's law, or a fixed number. */
export interface Controller {
  readonly name: string;
  /** Time between two samples. */
  readonly tickMs: number;
  /** Workers at the start, ready. */
  readonly initialWorkers: number;
  readonly actuation: Actuation;
  readonly foresight?: Foresight;
  /** No workers is a sleep, which gunicorn's master ends by itself when a client comes. */
  readonly sleeps?: boolean;
  /** The number of workers wanted after this sample. `workers` is for laws that look at each worker; ours does not. */
  tick(sample: Sample, workers: WorkerTable): number;
  /** A request was answered at `atMs` after `serviceMs` of service: for laws that live on such reports alone. */
  finished?(atMs: number, serviceMs: number): void;
  /** Whether gthread workers take one request at a time from the last tick on; never where not given. */
  oneAtATime?(): boolean;
  /** Why the last tick wanted what it wanted: a short sentence. */
  reason(): string;
}

/** The same number of workers all the time. */
export function fixed(workers: number): Controller {
  return {
    name: `fixed ${workers}`,
    tickMs: 1000,
    initialWorkers: workers,
    actuation: PLAIN_GUNICORN,
    tick: () => workers,
    reason: () => "fixed",
  };
}
