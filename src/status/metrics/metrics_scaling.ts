import { known } from "../../core/sample.ts";
import { type Metric, one, when } from "./metric.ts";
import { demandBySignal } from "../status_report.ts";
import { histogramSamples } from "./metric_histogram.ts";

/** Metrics of workers, targets, bounds and decisions. */
export const SCALING_METRICS: readonly Metric[] = [
  {
    name: "build_info",
    type: "gauge",
    help: "1, with the versions as labels.",
    labels: ["version", "gunicorn", "worker_class"],
    read: ({ identity, live, record }) => [{
      labels: {
        version: identity.version,
        gunicorn: known(live.gunicorn) ? live.gunicorn.version : "unknown",
        worker_class: record.sample.model.kind,
      },
      value: 1,
    }],
  },
  {
    name: "start_time_seconds",
    type: "gauge",
    help: "When the autoscaler started, Unix time.",
    read: ({ identity }) => one(identity.startedAtMs / 1000),
  },
  {
    name: "workers",
    type: "gauge",
    help: "Workers by state: ready, booting, draining.",
    labels: ["state"],
    read: ({ record: { sample: { workers } } }) =>
      known(workers)
        ? (["ready", "booting", "draining"] as const).map((state) => ({
          labels: { state },
          value: workers[state],
        }))
        : [],
  },
  {
    name: "target_workers",
    type: "gauge",
    help: "Target number of workers.",
    read: ({ record }) => one(record.decision.target),
  },
  {
    name: "wanted_workers",
    type: "gauge",
    help: "Workers that the load needs, before bounds, cooldowns and the hold.",
    read: ({ record: { decision } }) => one(known(decision.demand) ? decision.demand.wanted : "unknown"),
  },
  {
    name: "signal_wanted_workers",
    type: "gauge",
    help: "Workers that each signal wants.",
    labels: ["signal"],
    read: ({ record: { decision } }) =>
      known(decision.demand)
        ? demandBySignal(decision.demand).map(({ signal, workers }) => ({
          labels: { signal },
          value: workers,
        }))
        : [],
  },
  {
    name: "min_workers",
    type: "gauge",
    help: "The configured minimum.",
    read: ({ record }) => one(record.settings.minWorkers),
  },
  {
    name: "max_workers",
    type: "gauge",
    help: "The configured maximum.",
    read: ({ record }) => one(record.settings.maxWorkers),
  },
  {
    name: "effective_max_workers",
    type: "gauge",
    help: "Most workers that the bounds allow now, labelled with the tightest bound.",
    labels: ["bound"],
    read: ({ record: { decision: { bounds: { max } } } }) => [
      { labels: { bound: max.why.code }, value: max.workers },
    ],
  },
  {
    name: "saturation_ratio",
    type: "gauge",
    help: "wanted_workers over effective_max_workers, at most 4. Above 1 this instance is full: add pods.",
    read: ({ board }) => one(board.saturation),
  },
  {
    name: "decisions_total",
    type: "counter",
    help: "Decisions, one a tick, by action and reason.",
    labels: ["action", "reason"],
    read: ({ board }) =>
      board.counters.decisions().map(({ action, reason, count }) => ({
        labels: { action, reason },
        value: count,
      })),
  },
  {
    name: "order",
    type: "gauge",
    help: "1 for the current mode of control: auto, paused or pinned; 0 for the others.",
    labels: ["kind"],
    read: ({ record: { standing } }) =>
      ["auto", "paused", "pinned"].map((kind) => ({
        labels: { kind },
        value: standing.order.kind === kind ? 1 : 0,
      })),
  },
  {
    name: "unconfirmed_seconds",
    type: "gauge",
    help: "How long gunicorn has not confirmed the target; 0 when it has.",
    read: ({ record: { count } }) => one(count.kind === "settled" ? 0 : count.sinceMs / 1000),
  },
  {
    name: "confirmations_total",
    type: "counter",
    help: "Changes of the number of workers that gunicorn has confirmed.",
    read: ({ live }) => one(live.confirmations),
  },
  {
    name: "confirmation_retries_total",
    type: "counter",
    help: "Repeated requests to gunicorn, because it had not confirmed.",
    read: ({ live }) => one(live.retries),
  },
  {
    name: "workers_spawned_total",
    type: "counter",
    help: "Workers forked by gunicorn.",
    read: ({ live: { gunicorn } }) => one(known(gunicorn) ? gunicorn.spawned : "unknown"),
  },
  {
    name: "boot_failures_total",
    type: "counter",
    help: "Workers that died before they served.",
    read: ({ board: { counters } }) => when(counters.seen.boots, counters.bootFailures),
  },
  {
    name: "last_boot_seconds",
    type: "gauge",
    help: "Time from fork to ready of the worker that became ready last.",
    read: ({ live }) => one(live.lastBootSeconds),
  },
  {
    name: "fork_server_ready",
    type: "gauge",
    help: "1 while workers are forked from a fork server, 0 while gunicorn forks them.",
    read: ({ live: { gunicorn } }) =>
      one(known(gunicorn) ? Number(gunicorn.forkServer.state === "ready") : "unknown"),
  },
  {
    name: "fork_server_forks_total",
    type: "counter",
    help: "Workers forked from a fork server.",
    read: ({ live: { gunicorn } }) => one(known(gunicorn) ? gunicorn.forkServer.forks : "unknown"),
  },
  {
    name: "fork_server_failures_total",
    type: "counter",
    help: "Fork servers that were lost or did not start.",
    read: ({ live: { gunicorn } }) => one(known(gunicorn) ? gunicorn.forkServer.failures : "unknown"),
  },
  {
    name: "asleep",
    type: "gauge",
    help: "1 while there is no worker until a request comes, 0 while awake.",
    read: ({ board: { sleep } }) => one(Number(sleep.isAsleep)),
  },
  {
    name: "wake_ups_total",
    type: "counter",
    help: "Sleeps that a request has ended.",
    read: ({ board: { sleep } }) => one(sleep.wakeUps),
  },
  {
    name: "wake_up_first_answer_seconds",
    type: "histogram",
    help: "Time from the request that ended a sleep to its answer.",
    labels: ["le"],
    read: ({ board: { sleep } }) => histogramSamples(sleep.firstAnswers, sleep.firstAnswerSeconds),
  },
  {
    name: "reloads_total",
    type: "counter",
    help: "Reloads that gunicorn has carried out.",
    read: ({ live: { gunicorn } }) => one(known(gunicorn) ? gunicorn.reloads : "unknown"),
  },
];
