/**
 * The FastAPI example under the autoscaler, and a burst: watch the workers rise and fall. Takes about 40 s.
 * `deno task demo --help`.
 */
import { type Phase, totalMs } from "../../bench/load/phases.ts";
import { peakWorkers, WorkerSampler, workerSeconds, type WorkerSeries } from "../../bench/servers/workers.ts";
import type { LoadReport } from "../../bench/load/load_report.ts";
import { taskArguments } from "../../tasks/arguments.ts";
import { positive } from "../../tasks/options.ts";
import { until } from "../../tests/support/wait.ts";
import { drive } from "./drive.ts";
import { PlainLines, print, type Screen, Terminal } from "./screen.ts";
import { type Bounds, DemoServer, demoVenv } from "./server.ts";
import { columnsIn, type ViewOptions } from "./view.ts";
import { Watch } from "./watch.ts";

const BOUNDS: Bounds = { min: 2, max: 12, sloMs: 300 };
const REDRAW_MS = 100;
const TIMEOUT_MS = 10_000;
/** Share of the time, requests/s. The application answers in 100 ms when its pool has a connection left. */
const LOAD: readonly (readonly [share: number, ratePerS: number])[] = [
  [5 / 40, 10],
  [13 / 40, 300],
  [10 / 40, 120],
  [12 / 40, 10],
];

const TASK = {
  command: "deno task demo",
  action: "run the demo",
  about: "The FastAPI example under the autoscaler, and a burst: watch the workers rise and fall.",
  options: { seconds: positive({ help: "How long the load lasts.", default: 40 }) },
  examples: ["", "--seconds 20"],
  notes: ["Ctrl-C ends it and all that it started."],
};

async function main(): Promise<number> {
  const { options: { seconds } } = taskArguments(TASK);
  const phases = phasesOf(seconds * 1000);
  const stop = new AbortController();
  let signalled = 0;
  const onSignal = (code: number) => () => {
    signalled = code;
    stop.abort();
  };
  const listeners: [Deno.Signal, () => void][] = [["SIGINT", onSignal(130)], ["SIGTERM", onSignal(143)]];
  for (const [signal, listener] of listeners) Deno.addSignalListener(signal, listener);
  print("Getting FastAPI, Uvicorn and gunicorn (the first time this takes half a minute) ...\n");
  const venv = await demoVenv();
  if (signalled > 0) return signalled;
  print("Starting the application under the autoscaler ...\n");
  let summary: string[];
  {
    await using server = await DemoServer.start(venv, BOUNDS);
    print(`Its dashboard, while it runs: ${server.dashboard}\n\n`);
    const seen = await run(server, phases, stop.signal);
    if (signalled === 0 && server.hasEnded) {
      throw new Error(`Cannot go on: the server ended by itself\n${server.output}`);
    }
    summary = signalled > 0 ? ["Ended early."] : summaryOf(seen.report, seen.workers, totalMs(phases));
  }
  print(`\n${[...summary, "All that was started has ended."].join("\n")}\n`);
  for (const [signal, listener] of listeners) Deno.removeSignalListener(signal, listener);
  return signalled;
}

function phasesOf(durationMs: number): Phase[] {
  return LOAD.map(([share, ratePerS]) => ({ ratePerS, durationMs: share * durationMs, path: "/orders/1" }));
}

/** Drives the load and shows it. */
async function run(
  server: DemoServer,
  phases: readonly Phase[],
  signal: AbortSignal,
): Promise<{ report: LoadReport; workers: WorkerSeries }> {
  const view: ViewOptions = {
    title: `FastAPI on Uvicorn workers, ${BOUNDS.min} to ${BOUNDS.max} of them`,
    sloMs: BOUNDS.sloMs,
    maxWorkers: BOUNDS.max,
    maxRate: Math.max(...phases.map((phase) => phase.ratePerS)),
    color: Deno.noColor === false,
  };
  const isTerminal = Deno.stdout.isTerminal();
  const columns = columnsIn(isTerminal ? Deno.consoleSize().columns : 80);
  const screen: Screen = isTerminal ? new Terminal(view) : new PlainLines();
  const watch = new Watch(totalMs(phases), columns);
  const sampler = new WorkerSampler(server.pid, "grandchildren");
  // A slow start may have asked for more: the load should find the minimum. After a while it starts anyway.
  await until(() => sampler.workers === BOUNDS.min || signal.aborted, {
    timeoutMs: 15_000,
    what: "the minimum",
  })
    .catch(() => {});
  server.decisions(); // those of the start do not belong to the load
  const startMs = performance.now();
  const look = () => {
    const atMs = Math.min(performance.now() - startMs, watch.durationMs);
    watch.workers(atMs, sampler.workers);
    for (const one of server.decisions()) {
      watch.decisions.push({ atMs: one.atMs - startMs, text: one.text });
    }
    screen.show(watch, atMs);
  };
  const redraw = setInterval(look, REDRAW_MS);
  try {
    const report = await drive({
      port: server.port,
      phases,
      timeoutMs: TIMEOUT_MS,
      signal,
      onSend: (dueMs) => watch.sent(dueMs),
      onAnswer: (dueMs, latencyMs, outcome) => watch.answer(dueMs, latencyMs, outcome),
    });
    look();
    return { report, workers: sampler.stop(startMs, watch.durationMs) };
  } finally {
    clearInterval(redraw);
    screen.close();
  }
}

function summaryOf(report: LoadReport, workers: WorkerSeries, durationMs: number): string[] {
  const ms = (value: number) => `${value.toFixed(0)} ms`;
  const peak = peakWorkers(workers);
  const used = workerSeconds(workers);
  const fixed = BOUNDS.max * durationMs / 1000;
  const calmMs = LOAD[0]![0] * durationMs;
  const growth = workers.changes.find(([atMs], i) => i > 0 && atMs >= calmMs);
  return [
    `requests        ${report.sent}: ${report.errors} errors, ${report.timeouts} time-outs`,
    `latency         p50 ${ms(report.p50)}, p95 ${ms(report.p95)}, p99 ${ms(report.p99)}`,
    `within ${ms(BOUNDS.sloMs)}   ${(report.shareWithin(BOUNDS.sloMs) * 100).toFixed(1)} %`,
    `workers         ${peak} at most` + (peak > BOUNDS.max ? " with those that drain" : "") +
    (growth ? `, the first new one ${((growth[0] - calmMs) / 1000).toFixed(2)} s after the burst began` : ""),
    `worker-seconds  ${used.toFixed(0)}; ${BOUNDS.max} workers all the time would be ${fixed.toFixed(0)}` +
    ` (${((1 - used / fixed) * 100).toFixed(0)} % saved)`,
  ];
}

if (import.meta.main) {
  try {
    Deno.exit(await main());
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(1);
  }
}
