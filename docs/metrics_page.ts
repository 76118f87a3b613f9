/** The metrics as Markdown, made from the metric table, so that page and program cannot disagree. */
import { METRIC_GROUPS, METRIC_PREFIX } from "../src/status/metrics/metric_table.ts";
import type { Metric } from "../src/status/metrics/metric.ts";
import { table } from "./table.ts";

const INTRODUCTION = `# Metrics

<!-- Made by "deno task docs" from src/status/metrics/metric_table.ts: change it there. -->

\`--status-addr 127.0.0.1:9126\` serves them at \`/metrics\` in the Prometheus text format. All names begin with
\`${METRIC_PREFIX}\`. An unknown value is omitted, not 0: without the probe there are no failures, without
StatsD no packets, outside a container no throttling.

- Alert and recording rules: [deploy/prometheus/rules.yml](../deploy/prometheus/rules.yml), tested with
  promtool.
- A dashboard for Grafana: [deploy/grafana/dashboard.json](../deploy/grafana/dashboard.json).
- To scale pods, take \`${METRIC_PREFIX}saturation_ratio\`: what the load asks for over the most that this
  instance may have. At 1 it is full; a pod autoscaler that aims at 0.8 keeps room for bursts.`;

/** Text of docs/metrics.md. */
export function metricsPage(): string {
  const groups = METRIC_GROUPS.map(({ title, metrics }) => `## ${title}\n\n${metricTable(metrics)}`);
  return `${[INTRODUCTION, ...groups].join("\n\n")}\n`;
}

function metricTable(metrics: readonly Metric[]): string {
  const rows = metrics.map(({ name, type, labels = [], help }) => [
    `\`${name}\``,
    type,
    labels.map((label) => `\`${label}\``).join(", "),
    help,
  ]);
  return table(["Metric", "Type", "Labels", "What it is"], rows);
}
