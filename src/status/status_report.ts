import type { Demand } from "../core/reason.ts";
import { known, type Maybe, type Sample } from "../core/sample.ts";
import type { StandingOrder } from "../core/policy/standing_order.ts";
import type { TickRecord } from "../supervisor/supervisor.ts";
import type { StatusBoard } from "./board.ts";
import { explain, explainBound } from "../wording/reasons.ts";
import { orderText } from "../wording/order_words.ts";
import type { LiveDetails } from "./live_details.ts";
import { forkServerReport } from "./fork_server_report.ts";
import type { BoundsReport, DemandReport, OrderReport, StatusReport, TrafficReport } from "./status_types.ts";

/** What does not change while the program runs. */
export interface Identity {
  readonly version: string;
  readonly pid: number;
  /** Unix ms. */
  readonly startedAtMs: number;
  /** The same by the clock of samples, which is never set. */
  readonly startedMs: number;
  readonly application: string;
  readonly dryRun: boolean;
}

/**
 * The whole status; undefined before the first tick.
 *
 * @param decisions how many of the last to tell
 * @param standing what is ordered now, where that may be newer than the last tick
 */
export function statusReport(
  board: StatusBoard,
  live: LiveDetails,
  identity: Identity,
  wallMs: number,
  decisions: number,
  standing: StandingOrder | undefined = board.record?.standing,
): StatusReport | undefined {
  const record = board.record;
  if (record === undefined) return undefined;
  const { sample, decision, settings } = record;
  return {
    version: identity.version,
    pid: identity.pid,
    startedAt: new Date(identity.startedAtMs).toISOString(),
    now: new Date(wallMs).toISOString(),
    uptimeSeconds: Math.round((sample.nowMs - identity.startedMs) / 100) / 10,
    application: identity.application,
    dryRun: identity.dryRun,
    gunicorn: gunicornOf(board, live, sample),
    sleep: board.sleep.report(wallMs),
    order: orderOf(standing ?? record.standing, sample.nowMs),
    workers: workersOf(record, live),
    target: decision.target,
    wanted: decision.wanted,
    saturation: board.saturation,
    bounds: boundsOf(record),
    decision: {
      action: decision.action,
      reason: decision.reason.code,
      text: explain(decision, settings.sloP95Ms),
    },
    demand: known(decision.demand) ? demandOf(decision.demand) : "unknown",
    traffic: trafficOf(board, record),
    cpu: cpuOf(sample),
    memory: memoryOf(record),
    signals: board.ages.list(),
    objectiveP95Seconds: settings.sloP95Ms / 1000,
    decisions: board.decisions.last(decisions),
    decisionCount: board.decisions.count,
    latest: board.latest ?? "unknown",
  };
}

function gunicornOf(board: StatusBoard, live: LiveDetails, { model }: Sample): StatusReport["gunicorn"] {
  const arbiter = known(live.gunicorn) ? live.gunicorn : undefined;
  return {
    version: arbiter?.version ?? "unknown",
    masterPid: arbiter?.masterPid ?? "unknown",
    workerClass: model.kind,
    slotsPerWorker: model.slots,
    reloads: arbiter?.reloads ?? "unknown",
    bootFailures: board.counters.bootFailures,
    lastBootSeconds: live.lastBootSeconds,
    forkServer: arbiter === undefined ? "unknown" : forkServerReport(arbiter.forkServer),
  };
}

function workersOf({ sample: { workers }, count }: TickRecord, live: LiveDetails): StatusReport["workers"] {
  return {
    ready: known(workers) ? workers.ready : "unknown",
    booting: known(workers) ? workers.booting : "unknown",
    draining: known(workers) ? workers.draining : "unknown",
    confirmed: known(live.gunicorn) ? live.gunicorn.confirmed : "unknown",
    settled: count.kind === "settled",
    list: live.workers,
  };
}

function cpuOf({ cpu }: Sample): StatusReport["cpu"] {
  if (!known(cpu)) return "unknown";
  const { workerCores, usedCores, limitCores, throttledShare } = cpu;
  return { workerCores, usedCores, limitCores, throttledShare };
}

function memoryOf({ sample: { memory }, settings }: TickRecord): StatusReport["memory"] {
  if (!known(memory)) return "unknown";
  const { usedBytes, limitBytes, workerBytes, isAssumed = false } = memory;
  return { usedBytes, limitBytes, workerBytes, isAssumed, share: settings.memoryShare };
}

/** The most that each signal asks for: a burst may ask several times. */
export function demandBySignal(demand: Demand): DemandReport["bySignal"] {
  const most = new Map<DemandReport["leading"], number>();
  for (const { signal, workers } of demand.signals) {
    most.set(signal, Math.max(most.get(signal) ?? 0, workers));
  }
  return [...most].map(([signal, workers]) => ({ signal, workers })).sort((a, b) => b.workers - a.workers);
}

function demandOf(demand: Demand): DemandReport {
  return {
    leading: demand.by,
    burst: demand.burst,
    bySignal: demandBySignal(demand),
    facts: demand.facts,
  };
}

function orderOf(standing: StandingOrder, nowMs: number): OrderReport {
  return {
    kind: standing.order.kind,
    text: orderText(standing, nowMs),
    ...(standing.untilMs === Infinity ? {} : { secondsLeft: (standing.untilMs - nowMs) / 1000 }),
  };
}

function boundsOf({ decision, settings }: TickRecord): BoundsReport {
  const all = decision.bounds.all.map((bound) => ({
    workers: bound.workers,
    code: bound.why.code,
    text: explainBound(bound),
  }));
  const { max } = decision.bounds;
  return {
    min: decision.bounds.min,
    max: settings.maxWorkers,
    effective: { workers: max.workers, code: max.why.code, text: explainBound(max) },
    all,
  };
}

function trafficOf(board: StatusBoard, { sample, decision }: TickRecord): TrafficReport {
  const facts = known(decision.demand) ? decision.demand.facts : undefined;
  const latest = board.latest;
  return {
    requestsPerSecond: facts === undefined ? "unknown" : facts.rps,
    inFlight: known(sample.load) ? sample.load.inFlight : "unknown",
    busyThreads: busyThreadsOf(sample),
    queued: facts === undefined ? sample.queue : facts.queued,
    p50Seconds: latest?.p50Ms == null ? "unknown" : latest.p50Ms / 1000,
    p95Seconds: facts === undefined ? "unknown" : toSeconds(facts.p95Ms),
    utilization: facts === undefined ? "unknown" : facts.utilization,
    requests: board.counters.requests,
    failures: board.counters.failures,
  };
}

/** See TrafficReport. */
export function busyThreadsOf({ model, load }: Sample): Maybe<number> {
  return model.kind === "gthread" && known(load) ? load.busyThreads : "unknown";
}

function toSeconds(ms: Maybe<number>): Maybe<number> {
  return known(ms) ? ms / 1000 : "unknown";
}
