/** A load, and the server it is for. */
import type { ServiceTime } from "./load/arrivals.ts";
import type { Phase } from "./load/phases.ts";

/** A process on the same machine that takes memory for a while, counted from the begin of the load. */
export interface Neighbour {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly takenMb: number;
  /** What the autoscaler may use at first beyond what is in use: `memory-share` is set so. */
  readonly roomMb: number;
}

/** A load, and the server it is for. */
export interface Scenario {
  readonly name: string;
  /** What it is, for the table and the chart. */
  readonly title: string;
  readonly phases: readonly Phase[];
  readonly service?: ServiceTime;
  readonly keepAlive?: boolean;
  /** A request unanswered for so long is given up, ms; 10 s where not given. */
  readonly timeoutMs?: number;
  /** Requests that the database of /database/MS serves at once, for all workers together. */
  readonly databaseConnections?: number;
  /** Another process takes memory for a while. */
  readonly neighbour?: Neighbour;
  readonly minWorkers: number;
  readonly maxWorkers: number;
  /** Workers to start with (`--workers`); the minimum where not given. */
  readonly initialWorkers?: number;
  /** Gunicorn's worker class. uWSGI takes part where it has the same: sync and gthread. */
  readonly workerClass: "sync" | "gthread" | "uvicorn_worker.UvicornWorker" | "asyncio_worker.AsyncioWorker";
  /** Threads of a gthread worker. */
  readonly threads?: number;
  readonly app: "wsgi" | "asgi" | "fastApi" | "slowImport" | "django";
  readonly env?: Record<string, string>;
  /** Its requests wait rather than compute: several servers can be measured at the same time without seeing each other. */
  readonly light?: true;
  /** An answer later than this after the request was due misses the objective. */
  readonly sloMs: number;
}

/** The same load on a Django application. Throws where it has an application for its own reasons. */
export function onDjango(scenario: Scenario): Scenario {
  if (scenario.workerClass === "sync" || scenario.workerClass === "gthread") {
    return { ...scenario, app: "django", env: {} };
  }
  throw new Error(`Cannot run ${scenario.name} on Django: it is no load of WSGI, leave it out`);
}
