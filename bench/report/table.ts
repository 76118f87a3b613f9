/** Results as a table for the terminal. */
import { type Absent, isAbsent, type RunResult } from "./results.ts";
import { rivals } from "../servers/rivals.ts";
import type { Scenario } from "../scenarios.ts";

type Runs = Record<string, RunResult | Absent>;

const HEAD = [
  "",
  "within SLO",
  "p95 ms",
  "errors",
  "worker-s",
  "of max",
  "peak",
  "last",
  "first growth",
  "MB·s",
  "CPU/request",
];

/** The table of one scenario: a line a server, ratios to the fixed maximum. */
export function table(scenario: Scenario, runs: Runs): string {
  return [`${scenario.name}: ${heading(scenario)}`, ...align([HEAD, ...rowsOf(runs)])].join("\n");
}

/** The same as Markdown, for docs/benchmarks.md. */
export function markdownTable(scenario: Scenario, runs: Runs): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [
    `## ${scenario.name}`,
    "",
    `${heading(scenario)}.`,
    "",
    line(onPage(HEAD)),
    line(onPage(HEAD).map((_, i) => i === 0 ? "---" : "--:")),
    ...rowsOf(runs).map((row) => line(onPage(row))),
  ]
    .join("\n");
}

/** The cells of the columns that docs/benchmarks.md has. */
function onPage(row: readonly string[]): string[] {
  return HEAD.flatMap((name, i) => ["last", "MB·s", "CPU/request"].includes(name) ? [] : [row[i] ?? ""]);
}

function rowsOf(runs: Runs): string[][] {
  const max = runs["fixed-max"];
  const maxWorkerSeconds = max && !isAbsent(max) ? max.workerSeconds : NaN;
  return rivals.flatMap(({ name, label }) => {
    const run = runs[name];
    if (run === undefined) return [];
    return [isAbsent(run) ? [label, run.absent] : [label, ...cells(run, maxWorkerSeconds)]];
  });
}

function heading({ title, sloMs, minWorkers, maxWorkers }: Scenario): string {
  return `${title} (SLO ${sloMs} ms, ${minWorkers} to ${maxWorkers} workers)`;
}

function cells(run: RunResult, maxWorkerSeconds: number): string[] {
  return [
    percent(run.shareWithinSlo, 2),
    run.p95Ms.toFixed(0),
    String(run.errors + run.timeouts),
    run.workerSeconds.toFixed(0),
    Number.isNaN(maxWorkerSeconds) ? "-" : percent(run.workerSeconds / maxWorkerSeconds, 0),
    String(run.peakWorkers),
    String(run.lastWorkers),
    run.firstGrowthMs === undefined ? "-" : `${(run.firstGrowthMs / 1000).toFixed(2)} s`,
    run.memoryMbSeconds === undefined ? "-" : run.memoryMbSeconds.toFixed(0),
    `${run.cpuMsPerRequest.toFixed(2)} ms`,
  ];
}

/** A share as percent, never rounded up to 100: 0.99996 is 99.99 %. */
export function percent(share: number, digits: number): string {
  const scale = 10 ** digits;
  return `${(Math.floor(share * 100 * scale + 1e-9) / scale).toFixed(digits)} %`;
}

function align(rows: readonly (readonly string[])[]): string[] {
  const full = rows.filter((row) => row.length === HEAD.length); // the reason of an absent one may be wider than a column
  const widths = HEAD.map((_, column) => Math.max(...full.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row.map((cell, column) =>
      column === 0 ? cell.padEnd(Math.max(widths[0]!, 24)) : cell.padStart(widths[column]!)
    ).join("  ").trimEnd()
  );
}
