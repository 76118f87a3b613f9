import { known } from "../core/sample.ts";
import type { Arbiter } from "../sensors/probe/arbiter_reading.ts";
import type { ProcessWorker } from "../sensors/machine/processes.ts";
import type { SlotWorker } from "../sensors/probe/slot_worker.ts";
import type { LiveDetails } from "./live_details.ts";
import type { WorkerReport } from "./status_types.ts";
import type { WorkerBusy } from "./worker_busy.ts";

/** The sensors as status pages need them. */
export interface SensorReadings {
  readonly workers: readonly SlotWorker[];
  readonly costs: readonly ProcessWorker[];
  readonly arbiter: Arbiter | undefined;
  readonly lastBootMs: number | "unknown";
  readonly confirmed: { readonly confirmations: number; readonly retries: number };
  readonly statsd: LiveDetails["statsd"];
  workerPids(): readonly number[];
}

/** The supervisor as status pages need it. */
export interface SupervisorHealth {
  readonly lateTicks: number;
  readonly longestIntervalMs: number;
  readonly loopErrors: number;
}

/** What sensors and supervisor know beside the ticks. */
export function readLiveDetails(
  readings: SensorReadings,
  health: SupervisorHealth,
  busy: WorkerBusy,
): LiveDetails {
  const { arbiter, confirmed } = readings;
  return {
    workers: workersOf(readings, busy),
    gunicorn: arbiter === undefined ? "unknown" : {
      version: arbiter.gunicornVersion,
      masterPid: arbiter.masterPid,
      confirmed: arbiter.confirmed,
      spawned: arbiter.spawned,
      reloads: arbiter.reloads,
      forkServer: arbiter.forkServer,
    },
    lastBootSeconds: known(readings.lastBootMs) ? readings.lastBootMs / 1000 : "unknown",
    confirmations: confirmed.confirmations,
    retries: confirmed.retries,
    statsd: readings.statsd,
    lateTicks: health.lateTicks,
    longestIntervalMs: health.longestIntervalMs,
    loopErrors: health.loopErrors,
  };
}

function workersOf(readings: SensorReadings, busy: WorkerBusy): WorkerReport[] {
  const costs = new Map(readings.costs.map((cost) => [cost.pid, cost]));
  const cost = (pid: number) => {
    const found = costs.get(pid);
    return { cores: found?.cores ?? "unknown", pssBytes: found?.bytes ?? "unknown" } as const;
  };
  if (readings.workers.length > 0) {
    return readings.workers.map((worker) => ({
      pid: worker.pid,
      state: worker.state,
      ageSeconds: worker.ageMs / 1000,
      bootSeconds: known(worker.bootMs) ? worker.bootMs / 1000 : "unknown",
      inFlight: worker.readable ? worker.inFlight : "unknown",
      busyShare: worker.readable ? busy.of(worker.pid) ?? worker.busyShare : "unknown",
      requests: worker.readable ? worker.startedTotal : "unknown",
      stuckSeconds: worker.readable && worker.inFlight > 0 ? worker.unchangedMs / 1000 : "unknown",
      ...cost(worker.pid),
    }));
  }
  return readings.workerPids().map((pid) => ({
    pid,
    state: "ready",
    ageSeconds: "unknown",
    bootSeconds: "unknown",
    inFlight: "unknown",
    busyShare: "unknown",
    requests: "unknown",
    stuckSeconds: "unknown",
    ...cost(pid),
  }));
}
