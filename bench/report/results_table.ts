/** Results as a table for the terminal. */
import { type Absent, isAbsent, type RunResult } from "./results.ts";
import { type Rival, rivals } from "../servers/rivals.ts";
import type { Scenario } from "../scenario.ts";

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

/** The same for docs/benchmarks.md: a row a scenario that was measured, a column a server. */
export function pageTable(
  results: readonly (readonly [Scenario, Runs])[],
  servers: readonly Rival[],
): readonly [head: string[], ...rows: string[][]] {
  const measured = results.filter(([, runs]) => servers.some(({ name }) => runs[name] !== undefined));
  return [
    ["load", "workers", ...servers.map(({ label }) => label)],
    ...measured.map(([scenario, runs]) => [
      `**${scenario.name}**: ${scenario.title}`,
      `${scenario.minWorkers}..${scenario.maxWorkers}`,
      ...servers.map(({ name }) => pageCell(name, runs)),
    ]),
  ];
}

/** A row a load, a column a server: the share in time, and memory × time as a share of the maximum's. */
export function memoryTable(
  results: readonly (readonly [Scenario, Runs])[],
  servers: readonly Rival[],
): readonly [head: string[], ...rows: string[][]] {
  const measured = results.filter(([, runs]) => servers.some(({ name }) => runs[name] !== undefined));
  const used = servers.filter(({ name }) => measured.some(([, runs]) => runs[name] !== undefined));
  return [
    ["load", ...used.map(({ label }) => label)],
    ...measured.map(([scenario, runs]) => [
      `**${scenario.name}**`,
      ...used.map(({ name }) => memoryCell(name, runs)),
    ]),
  ];
}

function memoryCell(server: string, runs: Runs): string {
  const [run, maximum] = [runs[server], runs["fixed-max"]];
  if (run === undefined) return "-";
  if (isAbsent(run)) return run.absent;
  const most = maximum === undefined || isAbsent(maximum) ? NaN : maximum.memoryMbSeconds ?? NaN;
  const ratio = (run.memoryMbSeconds ?? NaN) / most;
  return [
    percent(run.shareWithinSlo, 2),
    server === "fixed-max"
      ? `${(most / 1000).toFixed(1)} GB·s`
      : Number.isNaN(ratio)
      ? "-"
      : `${Math.round(100 * ratio)} %`,
    ...lost(run),
  ].join(", ");
}

/** "share within the objective, worker-seconds, MB·s"; "no ASGI" or the like where there are none. */
function pageCell(server: string, runs: Runs): string {
  const run = runs[server];
  if (run === undefined) return "-";
  if (isAbsent(run)) return run.absent;
  const { shareWithinSlo, memoryMbSeconds } = run;
  return [
    percent(shareWithinSlo, 2),
    costOf(server, runs),
    ...(memoryMbSeconds === undefined ? [] : [memoryMbSeconds.toFixed(0)]),
    ...lost(run),
  ].join(", ");
}

function lost({ errors, timeouts }: RunResult): string[] {
  return errors + timeouts > 0 ? [`${errors + timeouts} lost`] : [];
}

/** The worker-seconds as a share of the maximum's; those of the maximum as they are. */
export function costOf(server: string, runs: Runs): string {
  const run = runs[server];
  if (run === undefined || isAbsent(run)) return "-";
  return server === "fixed-max" ? `${run.workerSeconds.toFixed(0)} s` : shareOfMax(run, maximumOf(runs));
}

function maximumOf(runs: Runs): number {
  const max = runs["fixed-max"];
  return max && !isAbsent(max) ? max.workerSeconds : NaN;
}

function shareOfMax({ workerSeconds }: RunResult, maxWorkerSeconds: number): string {
  return Number.isNaN(maxWorkerSeconds) ? "-" : percent(workerSeconds / maxWorkerSeconds, 0);
}

function rowsOf(runs: Runs): string[][] {
  const maxWorkerSeconds = maximumOf(runs);
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
    shareOfMax(run, maxWorkerSeconds),
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
