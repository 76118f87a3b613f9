import type { WorkerKind } from "../../core/sample.ts";

/** What gunicorn's master has published. */
export interface Arbiter {
  readonly masterPid: number;
  /** The master's num_workers, and the request for workers that it answers. */
  readonly confirmed: number;
  readonly confirmedSeq: number;
  /** Times its count was set. */
  readonly changes: number;
  /** Workers alive, draining ones included. */
  readonly alive: number;
  /** Workers that drain. */
  readonly draining: number;
  /** Workers forked since the start. */
  readonly spawned: number;
  /** Workers that died before they served, since the start; draining ones do not count. */
  readonly bootFailures: number;
  /** CLOCK_MONOTONIC, ns; 0 when there was none. */
  readonly lastBootFailureNs: number;
  /** SIGHUPs carried out. */
  readonly reloads: number;
  readonly kind: WorkerKind;
  /** Requests one worker serves at once; at least 1. */
  readonly slots: number;
  readonly gracefulTimeoutMs: number;
  readonly timeoutMs: number;
  readonly preload: boolean;
  /** The number of workers that gunicorn's own configuration names; 0 for none. */
  readonly configured: number;
  /** Such as "23.0.0". */
  readonly gunicornVersion: string;
  /** When the master was ready, CLOCK_MONOTONIC, ns; undefined before. */
  readonly readyNs: number | undefined;
  readonly forkServer: ForkServerReading;
  readonly sleep: ArbiterSleep;
}

/** How the master sleeps, without workers. */
export interface ArbiterSleep {
  /** It has listening sockets of its own, and hears clients while it has no worker. */
  readonly isPossible: boolean;
  /** How often a client, or a signal from outside, has woken it, and when the last did: CLOCK_MONOTONIC, ns. */
  readonly wakes: number;
  readonly wokenNs: number;
}

/** What the master's fork server is and did. */
export interface ForkServerReading {
  readonly state: ForkServerState;
  readonly pid: number | undefined;
  /** What the import took in the one that forks, ms; 0 without one. */
  readonly importMs: number;
  /** Workers forked from it since the start. */
  readonly forks: number;
  /** From the question to the last worker's pid, ms; undefined before the first. */
  readonly lastForkMs: number | undefined;
  /** Fork servers lost or not started, since the start. */
  readonly failures: number;
  /** Why there is none, in a sentence; empty otherwise. */
  readonly why: string;
}

/** "refused": the set-up or the application forbids it. "failed": it is tried again. */
export type ForkServerState = "none" | "starting" | "ready" | "refused" | "failed";
