import { known } from "../../core/sample.ts";
import { busyThreadsOf } from "../status_report.ts";
import { histogramSamples } from "./metric_histogram.ts";
import { type Metric, one, when } from "./metric.ts";

/** Metrics of requests. */
export const LOAD_METRICS: readonly Metric[] = [
  {
    name: "in_flight_requests",
    type: "gauge",
    help: "Requests in service.",
    read: ({ record: { sample: { load } } }) => one(known(load) ? load.inFlight : "unknown"),
  },
  {
    name: "accept_queue_requests",
    type: "gauge",
    help: "Connections in the kernel's accept queues, not yet taken by a worker.",
    read: ({ record }) => one(record.sample.queue),
  },
  {
    name: "worker_queue_requests",
    type: "gauge",
    help: "Requests taken by a worker that wait for one of its threads.",
    read: ({ record: { sample: { load } } }) => one(known(load) ? load.innerQueue : "unknown"),
  },
  {
    name: "busy_threads",
    type: "gauge",
    help: "gthread: threads with a connection; all, while their worker waits for a client to close.",
    read: ({ record }) => one(busyThreadsOf(record.sample)),
  },
  {
    name: "websockets",
    type: "gauge",
    help: "Websockets open.",
    read: ({ record: { sample: { load } } }) => one(known(load) ? load.websockets : "unknown"),
  },
  {
    name: "event_stream_responses",
    type: "gauge",
    help: "Server-sent event streams that the application has open.",
    read: ({ record: { sample: { load } } }) => one(known(load) ? load.streams : "unknown"),
  },
  {
    name: "requests_total",
    type: "counter",
    help: "Requests finished.",
    read: ({ board: { counters } }) => when(counters.seen.requests, counters.requests),
  },
  {
    name: "request_failures_total",
    type: "counter",
    help: "Requests finished with an exception or a status of 500 and above. Known with the probe.",
    read: ({ board: { counters } }) => when(counters.seen.failures, counters.failures),
  },
  {
    name: "service_time_seconds",
    type: "histogram",
    help: "Time from a worker taking a request to its response being sent.",
    labels: ["le"],
    read: ({ board: { counters } }) =>
      counters.seen.requests ? histogramSamples(counters.service, counters.serviceSeconds) : [],
  },
  {
    name: "queue_wait_seconds",
    type: "histogram",
    help: "Time a request waits in the kernel before a worker takes it. The sum comes from the buckets.",
    labels: ["le"],
    read: ({ board: { counters } }) => counters.seen.wait ? histogramSamples(counters.wait, undefined) : [],
  },
  {
    name: "p95_service_time_seconds",
    type: "gauge",
    help: "95th percentile of service times over the stable window, as decisions see it.",
    read: ({ record: { decision: { demand } } }) =>
      one(known(demand) && known(demand.facts.p95Ms) ? demand.facts.p95Ms / 1000 : "unknown"),
  },
  {
    name: "objective_p95_seconds",
    type: "gauge",
    help: "The configured objective for the 95th percentile.",
    read: ({ record }) => one(record.settings.sloP95Ms / 1000),
  },
  {
    name: "utilization_ratio",
    type: "gauge",
    help: "Share of the ready workers' slots in use (async workers: of a core each), over about a second.",
    read: ({ record: { decision: { demand } } }) => one(known(demand) ? demand.facts.utilization : "unknown"),
  },
  {
    name: "worker_loop_lag_seconds",
    type: "gauge",
    help: "Longest that any worker's event loop is late now. Workers without a loop have none.",
    read: ({ record: { sample: { load } } }) =>
      one(known(load) && known(load.loopLagMs) ? load.loopLagMs / 1000 : "unknown"),
  },
];
