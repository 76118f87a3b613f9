/**
 * Open-loop load: requests leave when they are due, however many are unanswered, and each is timed from the moment it was
 * due. So a server that stalls for 2 s shows 2 s in every request it kept from starting (no coordinated omission).
 * `deno run -A bench/load/load.ts --help`.
 */
import { delay } from "@std/async/delay";
import process from "node:process";
import { taskArguments } from "../../tasks/arguments.ts";
import { oneOf, parsed, positive, required, toggle, whole } from "../../tasks/options.ts";
import { schedule, type ScheduleOptions } from "./arrivals.ts";
import { Client, Flight } from "./load_client.ts";
import { LoadReport, nearestRank, type Outcome } from "./load_report.ts";
import { parsePhases, type Phase, totalMs } from "./phases.ts";

/** What is sent, where, and how. */
export interface LoadOptions extends ScheduleOptions {
  /** Port of 127.0.0.1. */
  readonly port: number;
  readonly phases: readonly Phase[];
  /** Keep connections and use them again; else a new one for each request. */
  readonly keepAlive?: boolean;
  /** A request unanswered this long after it was due is given up; 10 s when not given. */
  readonly timeoutMs?: number;
  /** Called with performance.now() when the load starts. */
  readonly onStart?: (startMs: number) => void;
}

interface Pending {
  readonly flight: Flight;
  readonly deadlineMs: number;
  done: boolean;
}

/** Drives the load and resolves when its time is over and every request was answered or given up. */
export async function runLoad(options: LoadOptions): Promise<LoadReport> {
  const { port, phases, keepAlive = false, timeoutMs = 10_000, onStart } = options;
  const { dueMs, phase, paths } = schedule(phases, options);
  const count = dueMs.length;
  const latencyMs = new Array<number>(count).fill(0);
  const outcome = new Array<Outcome>(count).fill("timeout");
  const latenessMs = new Array<number>(count).fill(0);
  const client = new Client({ port, keepAlive });
  const pending: Pending[] = []; // in order of their deadlines, because all have the same time-out
  const cpuBefore = process.cpuUsage();
  const startMs = performance.now();
  onStart?.(startMs);

  const fire = async (i: number): Promise<void> => {
    const due = startMs + dueMs[i]!;
    latenessMs[i] = performance.now() - due;
    const one: Pending = { flight: new Flight(), deadlineMs: due + timeoutMs, done: false };
    pending.push(one);
    outcome[i] = await client.send(paths[i]!, one.flight);
    latencyMs[i] = performance.now() - due;
    one.done = true;
  };
  const giveUpLate = (): void => {
    const nowMs = performance.now();
    while (pending.length > 0 && (pending[0]!.done || pending[0]!.deadlineMs <= nowMs)) {
      const one = pending.shift()!;
      if (!one.done) one.flight.abort();
    }
  };
  const sweeper = setInterval(giveUpLate, 50); // one timer for all requests instead of one each
  const all: Promise<void>[] = [];
  for (let i = 0; i < count;) {
    if (startMs + dueMs[i]! > performance.now()) await sleepUntil(startMs + dueMs[i]!);
    else all.push(fire(i++));
  }
  await Promise.all([...all, sleepUntil(startMs + totalMs(phases))]);
  clearInterval(sweeper);
  client.close();
  const cpu = process.cpuUsage(cpuBefore);
  const late = latenessMs.toSorted((a, b) => a - b);
  return new LoadReport({
    dueMs: [...dueMs],
    phase: [...phase],
    latencyMs,
    outcome,
    timeoutMs,
    resent: client.resent,
    latenessP99Ms: nearestRank(late, 0.99) || 0,
    latenessMaxMs: late.at(-1) ?? 0,
    generatorCpuMs: (cpu.user + cpu.system) / 1000,
  });
}

async function sleepUntil(timeMs: number): Promise<void> {
  await delay(Math.max(0, timeMs - performance.now()));
}

/** Reads "lognormal:MEDIAN_MS:SIGMA" or "MS". */
export function parseService(text: string): { medianMs: number; sigma: number } {
  const [kind, median, sigma] = text.startsWith("lognormal:") ? text.split(":") : ["constant", text, "0"];
  const service = { medianMs: Number(median), sigma: Number(sigma) };
  if (!(service.medianMs > 0) || !(service.sigma >= 0)) {
    throw new Error(
      `Cannot read the service time "${text}": it is no ${kind} one, write 50 or lognormal:50:0.4`,
    );
  }
  return service;
}

const TASK = {
  command: "deno run -A bench/load/load.ts",
  action: "drive the load",
  about:
    "Open-loop load: requests leave when they are due, however many are unanswered, and each is timed from the " +
    "moment it was due.",
  options: {
    port: required(whole(1, { placeholder: "PORT", help: "Of 127.0.0.1." })),
    phases: required(parsed("PHASES", parsePhases, {
      help:
        "RATExDURATION:PATH, joined by commas; {ms} in a path is the service time drawn for each request.",
    })),
    arrivals: oneOf(["poisson", "uniform"], {
      help: "poisson: independent users; uniform: equal gaps.",
      default: "poisson",
    }),
    seed: whole(0, { help: "Equal seeds give equal loads.", default: 1 }),
    service: parsed("TIME", parseService, {
      help: "Service time for paths with {ms}, in ms: 50 or lognormal:50:0.4.",
      default: { medianMs: 50, sigma: 0 },
      otherwise: "50",
    }),
    timeout: positive({
      placeholder: "MS",
      help: "A request unanswered so long after it was due is given up.",
      default: 10_000,
    }),
    slo: positive({ placeholder: "MS", help: "The share of requests within it is reported.", default: 300 }),
    "keep-alive": toggle("Keep connections and use them again; else a new one for each request."),
    json: toggle("Print the whole report as JSON, after a line with the moment of its start."),
  },
  examples: ["--port 8000 --phases 5x5s:/sleep/50,60x20s:/sleep/100"],
};

async function main(): Promise<void> {
  const { options: args } = taskArguments(TASK);
  const report = await runLoad({
    port: args.port,
    phases: args.phases,
    arrivals: args.arrivals,
    seed: args.seed,
    service: args.service,
    keepAlive: args["keep-alive"],
    timeoutMs: args.timeout,
    // The sampler of workers runs in another process: it needs the moment on a clock both share.
    onStart: (startMs) =>
      args.json && console.log(JSON.stringify({ startEpochMs: performance.timeOrigin + startMs })),
  });
  if (args.json) return console.log(JSON.stringify(report));
  const { sent, ok, errors, timeouts, p50, p95, p99, outcomes } = report;
  console.log(`${sent} sent, ${ok} ok, ${errors} errors, ${timeouts} time-outs`);
  console.log(`p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`);
  console.log(`${(report.shareWithin(args.slo) * 100).toFixed(2)} % within ${args.slo} ms`);
  const { generatorCpuMs, latenessP99Ms, latenessMaxMs } = outcomes;
  console.log(
    `generator: ${generatorCpuMs.toFixed(0)} ms CPU, late p99 ${latenessP99Ms.toFixed(1)} max ${
      latenessMaxMs.toFixed(1)
    } ms`,
  );
}

if (import.meta.main) await main();
