/** Runs one server under one load and measures both. */
import { delay } from "@std/async/delay";
import { Random } from "../src/simulation/server/random.ts";
import { get } from "../tests/support/http.ts";
import { freeTcpPort } from "../tests/support/port.ts";
import { type Process, start } from "../tests/support/process.ts";
import { until } from "../tests/support/wait.ts";
import { LoadReport } from "./load/load_report.ts";
import { totalMs } from "./load/phases.ts";
import { driveVegeta } from "./load/vegeta.ts";
import { type Absent, eachSecond, type RunResult } from "./report/results.ts";
import { Database } from "./servers/database.ts";
import { startNeighbour } from "./servers/neighbour.ts";
import { ElsewhereSampler } from "./servers/elsewhere.ts";
import { MemorySampler } from "./servers/memory.ts";
import type { Rival } from "./servers/rivals.ts";
import type { Scenario } from "./scenario.ts";
import {
  familyCpuMs,
  peakWorkers,
  WorkerSampler,
  workerSeconds,
  type WorkerSeries,
} from "./servers/workers.ts";

/** Apart from those of the load. */
const OFFSET_STREAM = 3;

/** A request unanswered for so long is given up, as our own generator does by default. */
const TIMEOUT_MS = 10_000;

const loadProgram = new URL("load/load.ts", import.meta.url).pathname;

/** How one run is made. */
export interface RunOptions {
  readonly seed: number;
  /** What drives the load: our own generator (when not given), with Poisson arrivals, or Vegeta, at equal gaps. */
  readonly generator?: "own" | "vegeta";
  /** Added to the environment of the server: settings to try. */
  readonly env?: Record<string, string>;
  /** Awaited when the server is at rest, before the load: other servers may still start. */
  readonly settled?: () => Promise<void>;
  /** Where its output goes. */
  readonly logFile?: string;
}

/** Starts the server, waits until all its first workers serve, drives the load, measures, and ends the server. */
export async function runOne(
  scenario: Scenario,
  rival: Rival,
  options: RunOptions,
): Promise<RunResult | Absent> {
  const port = freeTcpPort();
  const launch = await rival.launch(scenario, port);
  if (typeof launch === "string") return { absent: launch };
  await using database = await Database.open(scenario.databaseConnections);
  const env = { ...launch.env, ...database.env, ...options.env };
  await using server = start(launch.program, launch.args, { env });
  try {
    await until(async () => await answers(port) || died(server), {
      timeoutMs: 30_000,
      everyMs: 50,
      what: `an answer of ${rival.label}`,
    });
    const sampler = new WorkerSampler(server.pid, launch.workersAre, launch.otherChildren);
    await settled(server, sampler, launch.firstWorkers ?? scenario.minWorkers);
    await options.settled?.();
    await offset(options.seed);
    return await measure(scenario, options, port, server, sampler);
  } finally {
    if (options.logFile) {
      await Deno.writeTextFile(
        options.logFile,
        `${launch.program} ${launch.args.join(" ")}\n\n${server.text()}\n`,
      );
    }
  }
}

async function measure(
  scenario: Scenario,
  options: RunOptions,
  port: number,
  server: Process,
  sampler: WorkerSampler,
): Promise<RunResult> {
  const durationMs = totalMs(scenario.phases);
  const cpu = new ElsewhereSampler(server.pid);
  const memory = new MemorySampler(server.pid);
  await using _neighbour = startNeighbour(scenario.neighbour);
  const load = await drive(scenario, options, port).catch((error) => {
    memory.stop(0);
    cpu.stop();
    throw error;
  });
  const memoryMbSeconds = memory.stop(durationMs / 1000);
  const { serverMs, cores } = cpu.stop();
  const workers = sampler.stop(load.startMs, durationMs);
  const { report } = load;
  const { due, missed } = eachSecond(report.outcomes, Math.ceil(durationMs / 1000), scenario.sloMs);
  const firstGrowthMs = firstGrowth(workers, scenario);
  return {
    shareWithinSlo: round(report.shareWithin(scenario.sloMs), 5),
    sent: report.sent,
    errors: report.errors,
    timeouts: report.timeouts,
    p50Ms: round(report.p50, 1),
    p95Ms: round(report.p95, 1),
    p99Ms: round(report.p99, 1),
    workerSeconds: round(workerSeconds(workers), 1),
    peakWorkers: peakWorkers(workers),
    lastWorkers: workers.changes.at(-1)![1],
    ...(firstGrowthMs === undefined ? {} : { firstGrowthMs }),
    memoryMbSeconds: round(memoryMbSeconds, 0),
    cpuMsPerRequest: round(serverMs / Math.max(1, report.sent), 3),
    elsewhereCores: round(cores, 3),
    generatorLateMs: round(report.outcomes.latenessP99Ms, 1),
    workers,
    dueEachSecond: due,
    missedEachSecond: missed,
  };
}

/** The load runs in a process of its own: its timers must not wait for our samples, nor these for its requests. */
async function drive(
  scenario: Scenario,
  { seed, generator }: RunOptions,
  port: number,
): Promise<{ startMs: number; report: LoadReport }> {
  const { service, keepAlive = false, phases, timeoutMs = TIMEOUT_MS } = scenario;
  if (generator === "vegeta") {
    const { startEpochMs, report } = await driveVegeta({ port, phases, keepAlive, timeoutMs });
    return { startMs: startEpochMs - performance.timeOrigin, report };
  }
  const args = ["run", "-A", loadProgram, "--json", "--port", String(port), "--seed", String(seed)];
  args.push(
    "--phases",
    phases.map((phase) => `${phase.ratePerS}x${phase.durationMs}ms:${phase.path}`).join(","),
  );
  if (service) args.push("--service", `lognormal:${service.medianMs}:${service.sigma}`);
  if (keepAlive) args.push("--keep-alive");
  args.push("--timeout", String(timeoutMs));
  await using load = start(Deno.execPath(), args);
  const { code } = await load.ended;
  const [first, last] = load.text("stdout").trim().split("\n");
  if (code !== 0 || first === undefined || last === undefined) {
    throw new Error(`Cannot measure ${scenario.name}: the load generator ended with ${code}\n${load.text()}`);
  }
  const { startEpochMs } = JSON.parse(first);
  return { startMs: startEpochMs - performance.timeOrigin, report: new LoadReport(JSON.parse(last)) };
}

/** Time from the load's first jump (to twice the rate and more) to the first new worker, ms; undefined without either. */
function firstGrowth({ changes }: WorkerSeries, { phases }: Scenario): number | undefined {
  let jumpMs = 0;
  const jump = phases.findIndex(({ ratePerS }, i) => {
    if (i > 0 && ratePerS >= 2 * phases[i - 1]!.ratePerS) return true;
    jumpMs += phases[i]!.durationMs;
    return false;
  });
  if (jump < 0) return undefined;
  const before = changes.findLast(([atMs]) => atMs <= jumpMs)![1];
  const grown = changes.find(([atMs, workers]) => atMs > jumpMs && workers > before);
  return grown && Math.round(grown[0] - jumpMs);
}

/**
 * Waits until for 1.5 s there were just the workers it is to start with and next to no CPU was used: all have imported
 * the app.
 */
async function settled(server: Process, sampler: WorkerSampler, firstWorkers: number): Promise<void> {
  let [cpuMs, sinceMs] = [familyCpuMs(server.pid), performance.now()];
  await until(() => {
    const isIdle = sampler.workers === firstWorkers && familyCpuMs(server.pid) - cpuMs < 100;
    if (!isIdle) [cpuMs, sinceMs] = [familyCpuMs(server.pid), performance.now()];
    return performance.now() - sinceMs >= 1500;
  }, {
    timeoutMs: 90_000,
    everyMs: 50,
    what: () => `${firstWorkers} workers at rest; there are ${sampler.workers}`,
  });
}

/**
 * Up to a second more, by the seed: some servers look once a second from their start on, and a load that always started at
 * the same moment of that second would always favour them, or never.
 */
async function offset(seed: number): Promise<void> {
  await delay(new Random(seed, OFFSET_STREAM).uniform() * 1000);
}

async function answers(port: number): Promise<boolean> {
  // A long time-out: requests that were given up would stay in the accept queue, and a server that counts them would grow.
  return await get({ port }, "/", { timeoutMs: 30_000 }).then(({ status }) => status === 200, () => false);
}

function died(server: Process): never | false {
  if (server.hasEnded) {
    throw new Error(`Cannot measure a server that has ended, its output:\n${server.text()}`);
  }
  return false;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
