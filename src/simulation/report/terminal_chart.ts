import type { Result } from "./result.ts";

const EIGHTHS = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/** Load, workers (and pods), queue and latency of one result over time, as lines of text `width` characters wide. */
export function terminalChart(result: Result, width: number): string[] {
  const { timeline } = result;
  const plot = Math.max(20, width - 18);
  const p95 = timeline.p95Ms.map((ms) => ms ?? 0);
  const { pods } = result;
  return [
    ...panel("requests/s", means(timeline.offeredPerSecond, plot), 4),
    ...(pods ? panel("pods", maxima(pods.there, plot), 4) : []),
    ...panel("workers", maxima(timeline.alive, plot), 4),
    ...(pods ? panel("saturation", maxima(pods.saturation.map((ratio) => ratio ?? 0), plot), 2) : []),
    ...panel("queue", maxima(timeline.queue, plot), 2),
    ...panel("p95 ms", maxima(p95, plot), 3),
    axis(result.durationMs, plot),
  ];
}

/** `height` rows of bars; the label and the largest value stand on the left. */
function panel(label: string, values: readonly number[], height: number): string[] {
  const largest = Math.max(...values, 0);
  const rows: string[] = [];
  for (let row = height - 1; row >= 0; row--) {
    const cells = values.map((value) => {
      const eighths = largest > 0 ? Math.round(value / largest * height * 8) : 0;
      // Something that is there shows, however small.
      const shown = value > 0 ? Math.max(1, eighths) : 0;
      return EIGHTHS[Math.max(0, Math.min(8, shown - row * 8))]!;
    });
    const left = row === height - 1 ? `${label.padEnd(11)}${short(largest).padStart(5)} ` : " ".repeat(17);
    rows.push(`${left}${cells.join("").trimEnd()}`.trimEnd());
  }
  return rows;
}

function axis(durationMs: number, plot: number): string {
  const end = time(durationMs);
  const middle = time(durationMs / 2);
  const half = Math.floor(plot / 2);
  const left = "0".padEnd(half - Math.floor(middle.length / 2)) + middle;
  return " ".repeat(17) + left.padEnd(plot - end.length) + end;
}

function time(ms: number): string {
  if (ms >= 2 * 3_600_000) return `${(ms / 3_600_000).toFixed(1)}h`;
  return ms >= 120_000 ? `${(ms / 60_000).toFixed(1)}m` : `${(ms / 1000).toFixed(0)}s`;
}

function short(value: number): string {
  if (value >= 10_000) return `${(value / 1000).toFixed(0)}k`;
  return value >= 10 || Number.isInteger(value) ? value.toFixed(0) : value.toFixed(1);
}

/** Stretches or squeezes values onto `columns`, by mean or by maximum of what falls into a column. */
function means(values: readonly number[], columns: number): number[] {
  return squeeze(values, columns, (part) => part.reduce((sum, value) => sum + value, 0) / part.length);
}

function maxima(values: readonly number[], columns: number): number[] {
  return squeeze(values, columns, (part) => Math.max(...part));
}

function squeeze(
  values: readonly number[],
  columns: number,
  of: (part: readonly number[]) => number,
): number[] {
  if (values.length === 0) return [];
  return Array.from({ length: columns }, (_, i) => {
    const begin = Math.floor(i * values.length / columns);
    const end = Math.max(begin + 1, Math.floor((i + 1) * values.length / columns));
    return of(values.slice(begin, end));
  });
}
