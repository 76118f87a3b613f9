/**
 * What a worker costs before and while it serves, for the simulator: its fork, its boot, and the CPU of a request that
 * does nothing. `deno task bench:costs --help`.
 *
 * Workers are added one at a time to an idle gunicorn with the probe, and each boot is timed by the worker's own slot, from
 * fork to ready; its CPU is what the scheduler counted for it by then (schedstat). Forks are the gaps between the workers
 * of one order for many. Requests come 50 a second on connections of their own. Figures are medians.
 */
import { median } from "simple-statistics";
import { taskArguments } from "../../tasks/arguments.ts";
import { whole } from "../../tasks/options.ts";
import { ProbedGunicorn } from "../../tests/probe/probed_gunicorn.ts";
import { SLOT } from "../../tests/sensors/probe/shared_pages.ts";
import { apps, appsFolder } from "../../tests/support/apps.ts";
import { freeTcpPort } from "../../tests/support/port.ts";
import { bin, makeVenv, venv } from "../../tests/support/venv.ts";
import { runLoad } from "../load/load.ts";
import { parsePhases } from "../load/phases.ts";
import { runTimeMs } from "../run_time.ts";
import { REQUIREMENTS } from "./django.ts";

const repository = new URL("../../", import.meta.url).pathname;
const DJANGO_LOADS = "django_loads:app";

interface Case {
  readonly args: readonly string[];
  /** What is asked for; what it computes itself is no cost of a request. */
  readonly path?: string;
  readonly ratePerS?: number;
}

/** The kinds of worker that scenarios.ts has; on Django the path that does nothing is not the front page. */
const CASES: Readonly<Record<string, Case>> = {
  "wsgi, sync": { args: ["-k", "sync", apps.wsgi] },
  "wsgi, gthread": { args: ["-k", "gthread", "--threads", "4", apps.wsgi] },
  "wsgi, gthread, /cpu/50": {
    args: ["-k", "gthread", "--threads", "4", apps.wsgi],
    path: "/cpu/50",
    ratePerS: 15,
  },
  "fastApi, uvicorn": { args: ["-k", "uvicorn_worker.UvicornWorker", apps.fastApi] },
  "fastApi, asyncio": {
    args: ["-k", "asyncio_worker.AsyncioWorker", "--pythonpath", `${repository}bench/apps`, apps.fastApi],
  },
  "slowImport, sync": { args: ["-k", "sync", apps.slowImport] },
  "django, sync": {
    args: ["-k", "sync", "--pythonpath", `${repository}bench/apps`, DJANGO_LOADS],
    path: "/sleep/0",
  },
};
const FORKS = 6;

interface Costs {
  readonly bootMs: number;
  readonly bootCpuMs: number;
  readonly forkMs: number;
  readonly requestCpuMs: number;
}

const TASK = {
  command: "deno task bench:costs",
  action: "measure the costs",
  about:
    "What a worker costs before and while it serves: its fork, its boot, and the CPU of a request that does " +
    "nothing. Figures are medians.",
  options: { rounds: whole(1, { help: "Boots that are timed of each kind of worker.", default: 7 }) },
  examples: ["", "--rounds 3"],
};

async function main(): Promise<void> {
  const { options: { rounds } } = taskArguments(TASK);
  console.log("application, class        boot ms   of it CPU   fork ms   request CPU ms");
  for (const [name, one] of Object.entries(CASES)) {
    const { bootMs, bootCpuMs, forkMs, requestCpuMs } = await costsOf(one, rounds);
    console.log(
      name.padEnd(24) + bootMs.toFixed(0).padStart(9) + bootCpuMs.toFixed(0).padStart(12) +
        forkMs.toFixed(1).padStart(10) + requestCpuMs.toFixed(2).padStart(17),
    );
  }
}

async function costsOf({ args, path = "/", ratePerS = 50 }: Case, rounds: number): Promise<Costs> {
  const port = freeTcpPort();
  const isDjango = args.includes(DJANGO_LOADS);
  const environment = isDjango ? makeVenv(`${repository}.venvs/django`, REQUIREMENTS) : venv("newest");
  const gunicorn = bin(await environment, "gunicorn");
  const all = ["--chdir", appsFolder, "-b", `127.0.0.1:${port}`, ...args];
  await using server = new ProbedGunicorn(gunicorn, all, 1);
  const [only] = await server.settled(1);
  const before = runTimeMs(only!);
  const { sent } = await runLoad({
    port,
    phases: parsePhases(`${ratePerS}x4s:${path}`),
    arrivals: "poisson",
    seed: 1,
    service: { medianMs: 1, sigma: 0 },
  });
  const ownMs = Number(/^\/cpu\/(\d+)$/.exec(path)?.[1] ?? 0);
  const requestCpuMs = (runTimeMs(only!) - before) / sent - ownMs;

  const boots: number[] = [], cpus: number[] = [];
  for (let i = 0; i < rounds; i++) {
    server.ask(2);
    const pids = await server.settled(2);
    const added = Math.max(...pids); // pids rise
    const slot = server.slots().get(added)!;
    cpus.push(runTimeMs(added));
    boots.push((slot[SLOT.readyNs]! - slot[SLOT.bootNs]!) / 1e6);
    server.ask(1);
    await server.settled(1);
  }
  server.ask(1 + FORKS);
  const many = new Set(await server.settled(1 + FORKS, 60_000));
  const forked = [...server.slots()].filter(([pid]) => many.has(pid)).map(([, slot]) => slot[SLOT.bootNs]!)
    .sort((a, b) => a - b).slice(1);
  const gaps = forked.slice(1).map((ns, i) => (ns - forked[i]!) / 1e6);
  return { bootMs: median(boots), bootCpuMs: median(cpus), forkMs: median(gaps), requestCpuMs };
}

if (import.meta.main) await main();
