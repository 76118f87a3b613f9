import type { Maybe } from "../core/sample.ts";
import type { ForkServerReading } from "../sensors/probe/arbiter_reading.ts";
import type { WorkerReport } from "./status_types.ts";

/** Details that status pages show and decisions do not need: read on demand, not once a tick. */
export interface LiveDetails {
  /** Oldest first. Without the probe: what /proc knows of the master's children. */
  readonly workers: readonly WorkerReport[];
  readonly gunicorn: Maybe<{
    readonly version: string;
    readonly masterPid: number;
    readonly confirmed: number;
    readonly spawned: number;
    readonly reloads: number;
    readonly forkServer: ForkServerReading;
  }>;
  readonly lastBootSeconds: Maybe<number>;
  readonly confirmations: number;
  readonly retries: number;
  readonly statsd: Maybe<{
    readonly packets: number;
    readonly malformedLines: number;
    readonly droppedPackets: Maybe<number>;
  }>;
  readonly lateTicks: number;
  readonly longestIntervalMs: number;
  readonly loopErrors: number;
}
