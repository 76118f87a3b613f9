/** The metrics as Markdown, made from the metric table, so that page and program cannot disagree. */
import { METRIC_GROUPS, METRIC_PREFIX } from "../src/status/metrics/metric_table.ts";
import type { Metric } from "../src/status/metrics/metric.ts";
import { list } from "./list.ts";

const INTRODUCTION = `# Metrics

<!-- Made by "deno task docs" from src/status/metrics/metric_table.ts: change it there. -->

\`--status-addr 127.0.0.1:9126\` serves them at \`/metrics\`. All names begin with \`${METRIC_PREFIX}\`. Names
in \`_total\` are counters, others gauges if not marked. An unknown value is omitted, not 0.
[Alert and recording rules](../deploy/prometheus/rules.yml),
[a Grafana dashboard](../deploy/grafana/dashboard.json). Scale pods on \`saturation_ratio\`, at 0.8
([Kubernetes](kubernetes.md)).`;

/** Text of docs/metrics.md. */
export function metricsPage(): string {
  const groups = METRIC_GROUPS.map(({ title, metrics }) => `## ${title}\n\n${metricList(metrics)}`);
  return `${[INTRODUCTION, ...groups].join("\n\n")}\n`;
}

function metricList(metrics: readonly Metric[]): string {
  return list(metrics.map(({ name, type, labels = [], help }) => {
    const labelled = labels.length > 0 ? `{${labels.join(",")}}` : "";
    const marked = type === (name.endsWith("_total") ? "counter" : "gauge") ? "" : ` (${type})`;
    return `\`${name}${labelled}\`${marked}: ${help}`;
  }));
}
