import { Autoscaler } from "../../src/core/autoscaler.ts";
import { DEFAULT_POLICY, type PolicySettings } from "../../src/core/policy_settings.ts";
import type { Sample } from "../../src/core/sample.ts";
import { AUTOMATIC, type StandingOrder } from "../../src/core/policy/standing_order.ts";
import { StatusBoard } from "../../src/status/board.ts";
import { DecisionLog } from "../../src/wording/decision_log.ts";
import type { LiveDetails } from "../../src/status/live_details.ts";
import type { Identity } from "../../src/status/status_report.ts";
import { durations, load, sample } from "../core/samples.ts";

export const SETTINGS: PolicySettings = { ...DEFAULT_POLICY, minWorkers: 2, maxWorkers: 8 };

/** Unix ms of the first tick. */
export const WALL_MS = Date.UTC(2026, 0, 1);

export const IDENTITY: Identity = {
  version: "1.2.3",
  pid: 42,
  startedAtMs: WALL_MS - 1_000,
  startedMs: -1_000,
  application: "shop:app",
  dryRun: false,
};

export const FORK_SERVER = {
  state: "ready",
  pid: 98,
  importMs: 2_100,
  forks: 3,
  lastForkMs: 14.6,
  failures: 1,
  why: "",
} as const;

export const LIVE_DETAILS: LiveDetails = {
  workers: [{
    pid: 100,
    state: "ready",
    ageSeconds: 65,
    bootSeconds: 0.2,
    inFlight: 1,
    busyShare: 0.5,
    requests: 12,
    stuckSeconds: 0.1,
    cores: 0.25,
    pssBytes: 40 * 2 ** 20,
  }],
  gunicorn: {
    version: "27.0.1",
    masterPid: 99,
    confirmed: 2,
    spawned: 3,
    reloads: 1,
    forkServer: FORK_SERVER,
  },
  lastBootSeconds: 0.2,
  confirmations: 4,
  retries: 1,
  statsd: { packets: 10, malformedLines: 2, droppedPackets: "unknown" },
  lateTicks: 5,
  longestIntervalMs: 310,
  loopErrors: 0,
};

/** A tick in which `finished` requests of `ms` each ended and `queued` wait. */
export function busySample(nowMs: number, finished: number, ms: number, queued = 0): Sample {
  return sample(nowMs, {
    queue: queued,
    load: load({
      inFlight: 2,
      inFlightMs: finished * ms,
      busyMs: 100,
      started: finished,
      finished,
      failed: finished > 0 ? 1 : 0,
      serviceMs: finished * ms,
      service: durations(finished, ms),
      wait: durations(finished, 10),
    }),
    cpu: {
      limitCores: 2,
      usedCores: 1.5,
      workerCores: 1,
      waitingCores: 0,
      throttledShare: 0,
      busiestWorkerCores: 0.5,
    },
    memory: { limitBytes: 2 ** 30, usedBytes: 2 ** 29, workerBytes: 40 * 2 ** 20 },
  });
}

/** A board that has seen the real core decide on these samples, one a tick of 100 ms. */
export function boardOf(
  samples: readonly Sample[],
  standing: StandingOrder = AUTOMATIC,
  settings: PolicySettings = SETTINGS,
): StatusBoard {
  const board = new StatusBoard();
  const log = new DecisionLog(() => settings.sloP95Ms);
  const law = new Autoscaler(settings, 2);
  for (const one of samples) {
    const decision = law.step(one, settings, standing.order);
    board.note(
      {
        sample: one,
        decision,
        count: { kind: "settled", workers: decision.target },
        standing,
        settings,
        sentence: log.lineFor(decision)?.text,
      },
      [{ pid: 100, busyShare: 0.5 }],
      WALL_MS + one.nowMs,
    );
  }
  return board;
}

/** `seconds` of ticks from `fromMs` on. */
export function ticks(fromMs: number, seconds: number, make: (nowMs: number) => Sample): Sample[] {
  return Array.from({ length: seconds * 10 }, (_, i) => make(fromMs + (i + 1) * 100));
}
