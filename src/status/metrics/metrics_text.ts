import type { MetricSample, MetricSource } from "./metric.ts";
import { METRIC_PREFIX, METRICS } from "./metric_table.ts";

/** Content type of the Prometheus text format. */
export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** All metrics in the Prometheus text format. An unknown value is omitted, not 0. */
export function metricsText(source: MetricSource): string {
  let text = "";
  for (const { name, type, help, read } of METRICS) {
    const samples = read(source);
    if (samples.length === 0) continue;
    const full = METRIC_PREFIX + name;
    text += `# HELP ${full} ${
      help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")
    }\n# TYPE ${full} ${type}\n`;
    for (const sample of samples) text += line(full, sample);
  }
  return text;
}

function line(name: string, { suffix = "", labels, value }: MetricSample): string {
  const pairs = Object.entries(labels ?? {}).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
  return `${name}${suffix}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${number(value)}\n`;
}

function escapeLabel(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function number(value: number): string {
  if (value === Infinity) return "+Inf";
  if (value === -Infinity) return "-Inf";
  return Number.isNaN(value) ? "NaN" : String(value);
}
