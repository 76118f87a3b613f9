/**
 * What was measured in one tick. Sensors (or the simulator, or a recording) fill a Sample; the core only reads it.
 * A thing that could not be read is "unknown", never 0: zero requests and no data lead to different decisions.
 */

import { waitingByLittle } from "./waiting.ts";

/** A reading that may be missing. "unknown" rather than null or NaN, so that it survives JSON and reads as what it is. */
export type Maybe<T> = T | "unknown";

/** The worker classes whose behaviour under load is known. */
export type WorkerKind =
  | "sync"
  | "gthread"
  | "gevent"
  | "gevent_pywsgi"
  | "eventlet"
  | "tornado"
  | "uvicorn"
  | "asgi"
  | "unknown";

/** How one worker serves: its class, and how many requests it can work on at the same time. */
export interface WorkerModel {
  readonly kind: WorkerKind;
  /** Requests one worker serves at once: 1 for sync, `threads` for gthread, `worker_connections` for the async kinds. */
  readonly slots: number;
  /** gthread: whether threads compute at once: no interpreter lock, or requests that let go of it; not when not given. */
  readonly isParallel?: boolean;
}

/** Workers by their state. */
export interface WorkerCounts {
  /** Workers gunicorn's master itself wants (its num_workers), "unknown" before it was read. */
  readonly target: Maybe<number>;
  /** Workers that serve. */
  readonly ready: number;
  /** Workers forked that do not serve yet. */
  readonly booting: number;
  /** Workers that drain. */
  readonly draining: number;
  /** Age of the oldest booting worker, ms; 0 when none boots. */
  readonly oldestBootMs: number;
  /** Of the ready ones, those without a meter (there was no room for their slot); none when not given. */
  readonly unseen?: number;
}

/** Counts per latency bucket; bounds in core/histogram.ts. */
export type Buckets = ArrayLike<number>;

/**
 * What the event loops of all workers did, from a timer in each that ticks about 100 ms after its last tick:
 * one that comes late had to wait as a request would have, and shows that its loop was busy.
 */
export interface LoopLoad {
  /** Loop-milliseconds of work, computing or blocked: 100 ms and the lateness of each late tick. */
  readonly busyMs: number;
  /** Ticks that were due, those that were late, and their lateness together. One that is still due counts. */
  readonly ticks: number;
  readonly lateTicks: number;
  readonly lateMs: number;
}

/** The probe's meters of all workers together. Deltas are over `elapsedMs` of the sample. */
export interface Load {
  /** Requests being served now (websockets and event streams not counted). */
  readonly inFlight: number;
  /** Request-milliseconds served: the integral of inFlight. Divided by elapsedMs it is the mean in-flight. */
  readonly inFlightMs: number;
  /** Worker-milliseconds with at least one request in flight. */
  readonly busyMs: number;
  readonly started: number;
  readonly finished: number;
  readonly failed: number;
  /** Sum of the service times of the requests finished, ms (the buckets alone would lose the mean). */
  readonly serviceMs: number;
  /**
   * gthread: threads that have a connection, with a request in service or without (slow heads, TLS, idle HTTP/2); all of a
   * worker that accepts nothing because it waits for a client to close.
   */
  readonly busyThreads: number;
  /** Requests accepted but waiting inside workers for a thread (gthread). */
  readonly innerQueue: number;
  /** Service times (worker takes the request -> response sent) of the requests finished, as bucket counts. */
  readonly service: Buckets;
  /** Waits before service (kernel queue) of the requests started, as bucket counts; all 0 where not measured. */
  readonly wait: Buckets;
  readonly websockets: number;
  readonly streams: number;
  /** Ready workers with an open websocket or event stream. */
  readonly streamWorkers: number;
  /** Longest that any worker's event loop is late now, ms; "unknown" for workers without a loop. */
  readonly loopLagMs: Maybe<number>;
  /** "unknown" for workers without a loop. */
  readonly loop: Maybe<LoopLoad>;
  /** Share of the ready workers whose slot was readable, 0..1. */
  readonly coverage: number;
}

/** What came over StatsD since the previous sample: finished requests only. */
export interface Finished {
  readonly requests: number;
  /** Durations as bucket counts. */
  readonly durations: Buckets;
  /** Number of durations and their sum, ms (the buckets alone would lose the mean). */
  readonly durationCount: number;
  readonly durationSumMs: number;
}

/** CPU there is, and its use. */
export interface Cpu {
  /** Cores the container or machine may use. */
  readonly limitCores: number;
  /** Cores used by everything inside that limit, over the last second or so. */
  readonly usedCores: number;
  /** Cores used by ready workers (booting ones apart: importing an app is not demand). */
  readonly workerCores: number;
  /**
   * Cores' worth of time ready workers stood runnable without running (run-queue wait). "unknown" where the
   * kernel does not count it.
   */
  readonly waitingCores: Maybe<number>;
  /** Share of CPU periods throttled by the cgroup, 0..1. */
  readonly throttledShare: number;
  /** Highest use of one core by a single ready worker, 0..1 and a little more. */
  readonly busiestWorkerCores: number;
}

/** Memory there is, and what of it is used. */
export interface Memory {
  /** Bytes the container or machine allows (the lowest of memory.high, memory.max up the tree, and MemTotal). */
  readonly limitBytes: number;
  /** Bytes in use against that limit, reclaimable page cache not counted. */
  readonly usedBytes: number;
  /** What a worker comes to take: the most that one has kept, PSS in bytes; "unknown" before the first reading. */
  readonly workerBytes: Maybe<number>;
  /** No worker has served yet, so `workerBytes` is a cautious guess. */
  readonly isAssumed?: boolean;
  /** What ready workers that have hardly served are still expected to take, bytes; those too young for it when not given. */
  readonly reservedBytes?: Maybe<number>;
  /** Our own control group alone, where it has a limit: neighbours use nothing of this. */
  readonly own?: Maybe<{ readonly limitBytes: number; readonly usedBytes: number }>;
  /** Processes of our control group that the kernel has killed because memory ran out, since the group was made. */
  readonly oomKills?: Maybe<number>;
  /** Share of the last seconds in which all of the group waited for memory (PSI), 0..1. */
  readonly stalledShare?: Maybe<number>;
}

/** How booting goes. */
export interface Boots {
  /** Workers that died before they served, since the previous sample. */
  readonly failures: number;
  /** Time from fork to ready of the latest worker, ms. */
  readonly lastBootMs: Maybe<number>;
  /** CPU that it computed for meanwhile, ms; "unknown" when not given. */
  readonly lastBootCpuMs?: Maybe<number>;
  /** Of that time it was ready to run and stood in the run queue, ms; "unknown" when not given. */
  readonly lastBootWaitMs?: Maybe<number>;
}

/** What is known of sleep: of having no worker until a client comes. */
export interface SleepReading {
  /** Whether a client can wake it while there is no worker. */
  readonly isPossible: boolean;
  /** How often gunicorn's master was woken by a client since the start. */
  readonly wakes: number;
  /** Whether there is a fork server. */
  readonly hasForkServer: boolean;
  /** The last time: from the client's coming to the end of the first answer, ms; "unknown" while there is none. */
  readonly firstAnswerMs: Maybe<number>;
}

/** All that was measured in one tick. */
export interface Sample {
  /** Monotonic milliseconds. */
  readonly nowMs: number;
  /** Since the previous sample, ms; the deltas below are over this time. 0 in the first. */
  readonly elapsedMs: number;
  readonly model: WorkerModel;
  readonly workers: Maybe<WorkerCounts>;
  readonly load: Maybe<Load>;
  /** Connections in the kernel's accept queues, all listeners together. */
  readonly queue: Maybe<number>;
  readonly statsd: Maybe<Finished>;
  readonly cpu: Maybe<Cpu>;
  readonly memory: Maybe<Memory>;
  readonly boots: Maybe<Boots>;
  /** Absent where there is no sleep. */
  readonly sleep?: SleepReading | undefined;
}

/** Narrows a Maybe: `known(sample.queue) ? sample.queue : ...`. */
export function known<T>(value: Maybe<T>): value is T {
  return value !== "unknown";
}

/**
 * Requests that wait now, in the kernel or inside workers; "unknown" where no signal can be read. Where the accept queue
 * cannot be, those that have just begun tell how many wait: see waitingByLittle.
 */
export function queuedNow({ queue, load, elapsedMs }: Sample): Maybe<number> {
  if (!known(load)) return queue;
  if (known(queue)) return queue + load.innerQueue;
  const waiting = Math.max(load.innerQueue, waitingByLittle(load.started, load.wait, elapsedMs));
  return waiting > 0 ? waiting : queue;
}

/** Requests that wait now, as a number to add up: unknown counts as 0. */
export function queuedOrNone(sample: Sample): number {
  const queued = queuedNow(sample);
  return known(queued) ? queued : 0;
}
