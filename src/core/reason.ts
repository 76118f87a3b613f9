import type { Maybe } from "./sample.ts";

/** The signal that asked for the most workers. */
export type SignalName =
  | "load"
  | "burst"
  | "queue"
  | "concurrency"
  | "cpu"
  | "loop"
  | "slo"
  | "blocked-loop"
  | "none";

/** The numbers every sentence may use; what was seen when the decision was taken. */
export interface Facts {
  /** Requests per second, over about a second. */
  readonly rps: number;
  /** Requests finished per second, over the burst window. */
  readonly finishedRps: number;
  /** Requests are held up: they occupy slots for far longer than they took before. */
  readonly hangs: boolean;
  /** Offered load: the slots that the steady load needs on average. See src/core/demand/offered_load.ts. */
  readonly erlangs: number;
  readonly inFlight: Maybe<number>;
  /** Requests that wait now: accept queue and queues inside workers. */
  readonly queued: Maybe<number>;
  /** Mean and 95th percentile of service times. */
  readonly serviceMs: Maybe<number>;
  readonly p95Ms: Maybe<number>;
  /** The same over the burst window: what the objective is held against. */
  readonly recentP95Ms: Maybe<number>;
  /** Share of the ready workers' slots in use, over about a second, 0..1 (async kinds: share of a core). */
  readonly utilization: Maybe<number>;
  /** Ready workers with open websockets or event streams. */
  readonly streamWorkers: number;
  /** Open websockets and event streams. */
  readonly openStreams: number;
  /** Event loops busy on average, and how late they come to a request. 0 without loops. */
  readonly loopsBusy: number;
  readonly loopWaitMs: number;
  /** Cores that ready workers use, of those there are. */
  readonly workerCores: Maybe<number>;
  readonly limitCores: Maybe<number>;
}

/** Why a bound is where it is. */
export type BoundWhy =
  | { readonly code: "configured" }
  | {
    readonly code: "memory";
    readonly usedBytes: number;
    readonly limitBytes: number;
    readonly workerBytes: number;
    /** See Memory: no worker has served yet. */
    readonly isAssumed?: boolean;
    /** All wait for memory: no more workers, whatever would fit. */
    readonly isStalled?: boolean;
  }
  | { readonly code: "oom-kill"; readonly kills: number; readonly forMs: number }
  | {
    readonly code: "cpu";
    readonly usedCores: number;
    readonly limitCores: number;
    readonly onCpuShare: number;
  }
  | { readonly code: "boot-failures"; readonly failures: number; readonly retryInMs: number }
  /** No worker has served yet. */
  | { readonly code: "first-boot" };

/** No more workers than this, and why. */
export interface Bound {
  readonly workers: number;
  readonly why: BoundWhy;
}

/** How many workers there may be. */
export interface Bounds {
  /** The configured minimum, less where memory does not hold it or workers fail: it holds against every upper bound. */
  readonly min: number;
  /** The lowest of the upper bounds. */
  readonly max: Bound;
  /** All upper bounds, lowest first. */
  readonly all: readonly Bound[];
  /** The configured minimum, and the memory that does not hold it; absent where it does. */
  readonly short?: Bound & { readonly minimum: number };
}

/** Why the target moved, or stayed. The words are in src/wording/reasons.ts. */
export type Reason =
  | { readonly code: "asked"; readonly by: SignalName }
  | { readonly code: "below-minimum" }
  | { readonly code: "above-maximum" }
  | { readonly code: "quiet"; readonly lowForMs: number }
  /** Fewer would do, but these workers have open websockets or event streams. */
  | { readonly code: "streams"; readonly workers: number }
  | { readonly code: "steady" }
  | { readonly code: "slow-not-starved" }
  /** Fewer are enough, but not yet for as long as the hold. */
  | { readonly code: "holding"; readonly forMs: number }
  /** Fewer were enough during the hold, but the last change is too recent: for so long still. */
  | { readonly code: "down-cooldown"; readonly forMs: number }
  /** Fewer were enough during the hold, but the number to begin with is kept for so long still. */
  | { readonly code: "start-hold"; readonly forMs: number }
  | { readonly code: "up-cooldown"; readonly forMs: number }
  /** There are as many boots as there are cores for. */
  | { readonly code: "booting" }
  /** Requests hang, and what the last step brought is not seen yet. */
  | { readonly code: "trying" }
  /** Growth brought no more finished requests. */
  | { readonly code: "no-gain"; readonly retryInMs: number }
  | { readonly code: "at-bound" }
  /** Memory does not hold the minimum. */
  | { readonly code: "minimum-short"; readonly minimum: number; readonly bound: Bound }
  /** Our own control group is nearly full. */
  | { readonly code: "memory-full"; readonly usedBytes: number; readonly limitBytes: number }
  /** The kernel has killed processes of our control group. `minimum`: the configured one. */
  | { readonly code: "oom-kill"; readonly kills: number; readonly minimum: number }
  /** There were no requests for `quietMs`; there has been no worker for `forMs`. `isDeep`: no fork server either. */
  | { readonly code: "asleep"; readonly quietMs: number; readonly forMs: number; readonly isDeep: boolean }
  | { readonly code: "woken"; readonly by: "request" | "operator"; readonly afterMs: number }
  | { readonly code: "no-data" }
  | { readonly code: "no-workers" }
  | { readonly code: "paused" }
  | { readonly code: "pinned" };

/** What one signal asks for. */
export interface SignalDemand {
  readonly signal: SignalName;
  /** Workers this signal asks for, before bounds. */
  readonly workers: number;
}

/** How many workers are wanted, and by which signal. */
export interface Demand {
  /** The most any signal asks for; at least 1. */
  readonly wanted: number;
  /**
   * The same with a margin on the steady signals: fewer than this would soon be too few again. At least `wanted`; where
   * boots are late, at least what is wanted beside what waits now.
   */
  readonly enough: number;
  readonly by: SignalName;
  /** The leading signal is a burst or a queue: act at once, never go below it. */
  readonly burst: boolean;
  /** Far fewer requests come than a moment before: what they needed is not kept as long. */
  readonly fell: boolean;
  readonly signals: readonly SignalDemand[];
  readonly facts: Facts;
}

/** What one tick decided: log, status, metrics, recording and page show this same record. */
export interface Decision {
  /** The sample's. */
  readonly nowMs: number;
  readonly action: "grow" | "shrink" | "hold";
  /** Target before and after. Equal when holding. */
  readonly current: number;
  readonly target: number;
  /** What the load asks for, before bounds; the target where that is not known. */
  readonly wanted: number;
  readonly reason: Reason;
  /** The bound that kept the target from what was wanted, when one did. */
  readonly limitedBy: Maybe<Bound>;
  readonly demand: Maybe<Demand>;
  readonly bounds: Bounds;
}
