import type { Metric } from "./metric.ts";
import { COST_METRICS } from "./metrics_cost.ts";
import { LOAD_METRICS } from "./metrics_load.ts";
import { SCALING_METRICS } from "./metrics_scaling.ts";
import { SELF_METRICS } from "./metrics_self.ts";

/** Prefix of every metric. */
export const METRIC_PREFIX = "gunicorn_autoscaler_";

/** All metrics by group, in the order of /metrics. docs/metrics.md is made from this table. */
export const METRIC_GROUPS: readonly { readonly title: string; readonly metrics: readonly Metric[] }[] = [
  { title: "Scaling", metrics: SCALING_METRICS },
  { title: "Load", metrics: LOAD_METRICS },
  { title: "CPU and memory", metrics: COST_METRICS },
  { title: "The autoscaler itself", metrics: SELF_METRICS },
];

/** All of them, in the same order. */
export const METRICS: readonly Metric[] = METRIC_GROUPS.flatMap((group) => group.metrics);
