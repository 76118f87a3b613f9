import { known } from "../../core/sample.ts";
import { type Metric, one } from "./metric.ts";

/** Metrics of the autoscaler itself. */
export const SELF_METRICS: readonly Metric[] = [
  {
    name: "probe_coverage_ratio",
    type: "gauge",
    help: "Share of the ready workers whose probe can be read.",
    read: ({ record: { sample: { load } } }) => one(known(load) ? load.coverage : "unknown"),
  },
  {
    name: "signal_age_seconds",
    type: "gauge",
    help: "Since each signal could last be read.",
    labels: ["signal"],
    read: ({ board }) =>
      board.ages.list().flatMap(({ name, ageSeconds }) =>
        known(ageSeconds) ? [{ labels: { signal: name }, value: ageSeconds }] : []
      ),
  },
  {
    name: "statsd_packets_total",
    type: "counter",
    help: "StatsD packets received.",
    read: ({ live: { statsd } }) => one(known(statsd) ? statsd.packets : "unknown"),
  },
  {
    name: "statsd_malformed_lines_total",
    type: "counter",
    help: "StatsD lines that are malformed.",
    read: ({ live: { statsd } }) => one(known(statsd) ? statsd.malformedLines : "unknown"),
  },
  {
    name: "statsd_dropped_packets_total",
    type: "counter",
    help: "StatsD packets that the kernel dropped because they were not taken in time.",
    read: ({ live: { statsd } }) => one(known(statsd) ? statsd.droppedPackets : "unknown"),
  },
  {
    name: "ticks_total",
    type: "counter",
    help: "Ticks of the autoscaler's loop.",
    read: ({ board }) => one(board.counters.ticks),
  },
  {
    name: "late_ticks_total",
    type: "counter",
    help: "Ticks that came more than a whole tick late.",
    read: ({ live }) => one(live.lateTicks),
  },
  {
    name: "tick_interval_seconds",
    type: "gauge",
    help: "Time between the last two ticks; longer than the configured tick, the loop lags.",
    read: ({ record }) => one(record.sample.elapsedMs / 1000),
  },
  {
    name: "longest_tick_interval_seconds",
    type: "gauge",
    help: "Longest time between two ticks since the start.",
    read: ({ live }) => one(live.longestIntervalMs / 1000),
  },
  {
    name: "loop_errors_total",
    type: "counter",
    help: "Errors caught in the autoscaler's loop.",
    read: ({ live }) => one(live.loopErrors),
  },
  {
    name: "status_streams",
    type: "gauge",
    help: "Event streams of the status server that are open.",
    read: ({ server }) => one(server.eventStreams),
  },
  {
    name: "status_dropped_frames_total",
    type: "counter",
    help: "Frames not sent to a slow client of an event stream.",
    read: ({ server }) => one(server.droppedFrames),
  },
];
