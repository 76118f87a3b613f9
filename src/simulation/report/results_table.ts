import type { Result } from "./result.ts";

const FIRST = ["", "within SLO", "p50", "p95", "p99", "worker-s"];

/** The heads of the table's columns; those of pods differ. */
export function header(pods: boolean): string[] {
  return pods
    ? [...FIRST, "pod-s", "worker changes", "pod changes", "peak workers", "peak pods", "lost"]
    : [...FIRST, "of foresight", "changes", "peak", "lost"];
}

const MEANINGS: Readonly<Record<string, string>> = {
  "within SLO": "Share of the requests that were answered within the objective, waiting included",
  "p50": "Half of the requests took no longer, waiting included",
  "p95": "95 of 100 requests took no longer, waiting included",
  "p99": "99 of 100 requests took no longer, waiting included",
  "worker-s": "Worker-seconds, the cost: one worker for a minute is 60",
  "of foresight": "Worker-seconds, as a multiple of what perfect foresight would have paid",
  "pod-s": "Pod-seconds, the cost of the cluster",
  "changes": "Times the number of workers changed",
  "peak": "Most workers at once",
  "lost": "Requests whose client gave up, or that found the queue full",
};

/** What a column of the table means, in a sentence; undefined where its head is enough. */
export function meaning(head: string): string | undefined {
  return MEANINGS[head];
}

/** The figures of several results as lines of text, one result a line, columns aligned. */
export function table(results: readonly Result[], foresight?: Result): string[] {
  const rows = results.map((result) => [result.controller, ...figures(result, foresight)]);
  const all = [header(results[0]?.pods !== undefined), ...rows];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  return all.map((row) =>
    row.map((cell, column) => column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)).join(
      "  ",
    )
      .trimEnd()
  );
}

/** The figures of one result, in the order of the table's columns. */
export function figures(result: Result, foresight?: Result): string[] {
  const { workerSeconds, pods } = result;
  const common = [
    percent(result.shareWithinSlo),
    ms(result.p50Ms),
    ms(result.p95Ms),
    ms(result.p99Ms),
    seconds(workerSeconds),
  ];
  const lost = String(result.timedOut + result.dropped);
  const changes = String(result.changes.length);
  const peak = String(result.peakWorkers);
  if (pods) {
    const { podSeconds, peakPods } = pods;
    return [
      ...common,
      seconds(podSeconds),
      changes,
      String(pods.changes.length),
      peak,
      String(peakPods),
      lost,
    ];
  }
  const ratio = foresight && foresight.workerSeconds > 0
    ? (workerSeconds / foresight.workerSeconds).toFixed(2)
    : "-";
  return [...common, ratio, changes, peak, lost];
}

function seconds(value: number): string {
  return value.toFixed(value < 100 ? 1 : 0);
}

/** 0.99534 as 99.53 %: rounded down, so that 100 % means all. */
export function percent(share: number): string {
  return `${(Math.floor(share * 10_000 + 1e-6) / 100).toFixed(2)} %`;
}

function ms(value: number): string {
  if (Number.isNaN(value)) return "-";
  return value >= 9999.5 ? `${(value / 1000).toFixed(1)} s` : `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}
