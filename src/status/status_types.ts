/**
 * The status as JSON: GET /status, and each "status" event of /events. Times in seconds, sizes in bytes,
 * CPU in cores. "unknown" stands for what cannot be read.
 */

import type { Facts, SignalName } from "../core/reason.ts";
import type { Maybe, WorkerKind } from "../core/sample.ts";

/** The whole status. */
export interface StatusReport {
  readonly version: string;
  readonly pid: number;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly now: string;
  readonly uptimeSeconds: number;
  /** The application, as given; gunicorn's options are not shown, they may hold secrets. */
  readonly application: string;
  readonly dryRun: boolean;
  readonly gunicorn: GunicornReport;
  readonly order: OrderReport;
  readonly sleep: SleepReport;
  readonly workers: WorkersReport;
  /** The target, and the workers that the load needs before bounds. */
  readonly target: number;
  readonly wanted: number;
  /** wanted over the most that bounds allow: above 1, more machines are needed and not more workers. */
  readonly saturation: Maybe<number>;
  readonly bounds: BoundsReport;
  /** What the last tick decided, in the words of the log. */
  readonly decision: { readonly action: string; readonly reason: string; readonly text: string };
  readonly demand: Maybe<DemandReport>;
  readonly traffic: TrafficReport;
  readonly cpu: Maybe<{
    readonly workerCores: number;
    readonly usedCores: number;
    readonly limitCores: number;
    readonly throttledShare: number;
  }>;
  readonly memory: Maybe<{
    readonly usedBytes: number;
    readonly limitBytes: number;
    /** What a worker comes to take: the most that one has kept, or a cautious guess. */
    readonly workerBytes: Maybe<number>;
    /** It is the guess: no worker has served yet. */
    readonly isAssumed: boolean;
    /** Growth stops at this share of the limit. */
    readonly share: number;
  }>;
  readonly signals: readonly SignalReport[];
  readonly objectiveP95Seconds: number;
  /** Noteworthy decisions, newest last: those that the log has. */
  readonly decisions: readonly DecisionReport[];
  /** Number of them since the start; a gap to what was seen before means that some were missed. */
  readonly decisionCount: number;
  readonly latest: Maybe<Point>;
}

/** The gunicorn that is scaled. */
export interface GunicornReport {
  readonly version: Maybe<string>;
  readonly masterPid: Maybe<number>;
  readonly workerClass: WorkerKind;
  /** Requests one worker serves at once. */
  readonly slotsPerWorker: number;
  readonly reloads: Maybe<number>;
  readonly bootFailures: number;
  readonly lastBootSeconds: Maybe<number>;
  readonly forkServer: Maybe<ForkServerReport>;
}

/** The process that workers are forked from. */
export interface ForkServerReport {
  /** "refused": the set-up or the application forbids it. "failed": it is tried again. */
  readonly state: "none" | "starting" | "ready" | "refused" | "failed";
  readonly pid: Maybe<number>;
  /** What its import of the application took; 0 before. */
  readonly importSeconds: number;
  /** Workers forked from it, since the start. */
  readonly forks: number;
  /** From the question to the last worker's pid. */
  readonly lastForkSeconds: Maybe<number>;
  /** Fork servers lost or not started, since the start. */
  readonly failures: number;
  /** A sentence of it; empty while none is wanted. */
  readonly text: string;
}

/** Having no workers until a request comes. */
export interface SleepReport {
  /** ISO 8601, UTC; "unknown" while awake. */
  readonly asleepSince: Maybe<string>;
  /** "light": the fork server is kept, a worker is a fork. "deep": nothing is, a worker imports the application. */
  readonly depth: Maybe<"light" | "deep">;
  /** Sleeps that a request has ended, since the start. */
  readonly wakeUps: number;
  /** From the last of those requests to its answer; "unknown" while there is none. */
  readonly lastFirstAnswerSeconds: Maybe<number>;
  /** A sentence of it; empty when sleep is off. */
  readonly text: string;
}

/** What an operator has set. */
export interface OrderReport {
  readonly kind: "auto" | "paused" | "pinned";
  readonly text: string;
  /** Until it ends by itself; absent when it does not. */
  readonly secondsLeft?: number;
}

/** How many workers there are, and each of them. */
export interface WorkersReport {
  readonly ready: Maybe<number>;
  readonly booting: Maybe<number>;
  readonly draining: Maybe<number>;
  /** What gunicorn has confirmed, and whether that is what was asked for. */
  readonly confirmed: Maybe<number>;
  readonly settled: boolean;
  readonly list: readonly WorkerReport[];
}

/** One worker; "unknown" where only the probe could tell. */
export interface WorkerReport {
  readonly pid: number;
  readonly state: "booting" | "ready" | "draining";
  readonly ageSeconds: Maybe<number>;
  readonly bootSeconds: Maybe<number>;
  readonly inFlight: Maybe<number>;
  /** Share of about the last second with a request in service, 0..1. */
  readonly busyShare: Maybe<number>;
  /** Requests started since its boot. */
  readonly requests: Maybe<number>;
  /** With a request in service, none has begun or ended for this long; "unknown" when it serves none. */
  readonly stuckSeconds: Maybe<number>;
  readonly cores: Maybe<number>;
  readonly pssBytes: Maybe<number>;
}

/** An upper bound, and why in words. */
export interface BoundReport {
  readonly workers: number;
  readonly code: "configured" | "memory" | "cpu" | "boot-failures" | "first-boot" | "oom-kill";
  readonly text: string;
}

/** How many workers there may be. */
export interface BoundsReport {
  readonly min: number;
  /** The configured maximum. */
  readonly max: number;
  readonly effective: BoundReport;
  readonly all: readonly BoundReport[];
}

/** What each signal asks for, and what was seen. */
export interface DemandReport {
  readonly leading: SignalName;
  readonly burst: boolean;
  readonly bySignal: readonly { readonly signal: SignalName; readonly workers: number }[];
  readonly facts: Facts;
}

/** Requests: rates and times over the last seconds, totals since the start. */
export interface TrafficReport {
  readonly requestsPerSecond: Maybe<number>;
  readonly inFlight: Maybe<number>;
  /** Threads of gthread workers that have a connection, idle ones included; "unknown" for other classes. */
  readonly busyThreads: Maybe<number>;
  readonly queued: Maybe<number>;
  readonly p50Seconds: Maybe<number>;
  readonly p95Seconds: Maybe<number>;
  readonly utilization: Maybe<number>;
  readonly requests: number;
  readonly failures: number;
}

/** How fresh one signal is. */
export interface SignalReport {
  readonly name: "probe" | "accept-queue" | "statsd" | "cpu" | "memory";
  /** Since it could last be read; "unknown" when it never could. */
  readonly ageSeconds: Maybe<number>;
}

/** One line of the log. */
export interface DecisionReport {
  /** 1 for the first since the start. */
  readonly id: number;
  readonly at: string;
  readonly action: "grow" | "shrink" | "hold";
  readonly from: number;
  readonly to: number;
  readonly wanted: number;
  readonly reason: string;
  /** The sentence of the log. */
  readonly text: string;
}

/** One second of the charts. null for what was not known: charts leave a gap there. */
export interface Point {
  /** Unix ms at its end. */
  readonly at: number;
  readonly ready: number | null;
  readonly booting: number | null;
  readonly draining: number | null;
  readonly target: number;
  readonly wanted: number | null;
  readonly min: number;
  /** The most that all bounds allow. */
  readonly max: number;
  /** Requests a second that came, over about a second: above `rps` while they pile up. */
  readonly arrivingRps: number | null;
  /** Requests a second that were answered. */
  readonly rps: number | null;
  readonly failedRps: number | null;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  /** 95th percentile of the wait before service. */
  readonly waitP95Ms: number | null;
  /** The longest queue of the second. */
  readonly queue: number | null;
  readonly inFlight: number | null;
  readonly workerCores: number | null;
  readonly usedCores: number | null;
  readonly limitCores: number | null;
  readonly usedBytes: number | null;
  readonly limitBytes: number | null;
  readonly workerBytes: number | null;
}

/** GET /history: the points as columns, oldest first. */
export type HistoryReport = { readonly [K in keyof Point]: readonly Point[K][] };
