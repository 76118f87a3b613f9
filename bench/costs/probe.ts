/**
 * What the probe costs: CPU time of the worker per request, bare gunicorn against gunicorn with the probe.
 * `deno task bench:probe --help`.
 *
 * Both servers of a case run at once, one worker each; wrk (-t1 -c8) drives one at a time, bare and probed in turn, so
 * that what else the machine does hits both alike. CPU time is the worker's own run time as the scheduler counts it
 * (schedstat of each thread, ns), without the master. Needs `wrk`.
 */
import { median, quantile } from "simple-statistics";
import { taskArguments } from "../../tasks/arguments.ts";
import { whole } from "../../tasks/options.ts";
import { ProbedGunicorn } from "../../tests/probe/probed_gunicorn.ts";
import { apps, appsFolder } from "../../tests/support/apps.ts";
import { freeTcpPort } from "../../tests/support/port.ts";
import { children } from "../../tests/support/processes.ts";
import { start } from "../../tests/support/process.ts";
import { bin, venv } from "../../tests/support/venv.ts";
import { until } from "../../tests/support/wait.ts";
import { runTimeMs } from "../run_time.ts";

interface Case {
  readonly name: string;
  readonly args: readonly string[];
}

const cases: readonly Case[] = [
  { name: "sync", args: ["-k", "sync", apps.wsgi] },
  { name: "gthread", args: ["-k", "gthread", "--threads", "8", apps.wsgi] },
  { name: "gevent", args: ["-k", "gevent", apps.wsgi] },
  { name: "uvicorn", args: ["-k", "uvicorn_worker.UvicornWorker", apps.asgi] },
  { name: "uvicorn, FastAPI", args: ["-k", "uvicorn_worker.UvicornWorker", apps.fastApi] },
  { name: "asgi", args: ["-k", "asgi", apps.asgi] },
];

interface Server extends AsyncDisposable {
  readonly port: number;
  readonly worker: number;
}

const { options: { rounds, seconds }, words: wanted } = taskArguments({
  command: "deno task bench:probe",
  action: "measure the probe",
  about:
    "What the probe costs: CPU time of the worker per request, bare gunicorn against gunicorn with the probe, as a " +
    "table in Markdown. Needs wrk.",
  options: {
    rounds: whole(1, { help: "Pairs of runs of each case, bare and probed in turn.", default: 8 }),
    seconds: whole(1, { help: "Length of a run.", default: 2 }),
  },
  words: {
    placeholder: "CASE",
    help: `What to measure, all when none is named: ${cases.map(({ name }) => `"${name}"`).join(", ")}.`,
    names: cases.map(({ name }) => name),
  },
  examples: ["--rounds 16 --seconds 1 sync gthread uvicorn asgi"],
});

console.log(
  "| worker | bare us | with the probe us | difference us | median of the pairs us | ratio | requests/s |",
);
console.log("|---|---|---|---|---|---|---|");
for (const one of cases) {
  if (wanted.length === 0 || wanted.includes(one.name)) console.log(await measure(one));
}

async function measure({ name, args }: Case): Promise<string> {
  await using bare = await startServer(args, false);
  await using probed = await startServer(args, true);
  await drive(bare, 1);
  await drive(probed, 1);
  const pairs: { bare: Run; probed: Run }[] = [];
  for (let i = 0; i < rounds; i++) {
    // In alternation, so that a drift of the machine favours neither.
    const first = await drive(i % 2 === 0 ? bare : probed, seconds);
    const second = await drive(i % 2 === 0 ? probed : bare, seconds);
    pairs.push(i % 2 === 0 ? { bare: first, probed: second } : { bare: second, probed: first });
  }
  const bareUs = lowerQuartile(pairs.map((pair) => pair.bare.cpuUs));
  const probedUs = lowerQuartile(pairs.map((pair) => pair.probed.cpuUs));
  const inPairs = median(pairs.map((pair) => pair.probed.cpuUs - pair.bare.cpuUs));
  const rate = median(pairs.map((pair) => pair.probed.requestsPerS / pair.bare.requestsPerS));
  return `| ${name} | ${bareUs.toFixed(1)} | ${probedUs.toFixed(1)} | ${signed(probedUs - bareUs)} | ${
    signed(inPairs)
  } | x${(probedUs / bareUs).toFixed(3)} | x${rate.toFixed(3)} |`;
}

function signed(us: number): string {
  return (us < 0 ? "" : "+") + us.toFixed(1);
}

async function startServer(args: readonly string[], withProbe: boolean): Promise<Server> {
  const port = freeTcpPort();
  const gunicorn = bin(await venv("newest"), "gunicorn");
  const all = ["--chdir", appsFolder, "-w", "1", "-b", `127.0.0.1:${port}`, ...args];
  const server = withProbe ? new ProbedGunicorn(gunicorn, all, 1) : start(gunicorn, all);
  const master = server instanceof ProbedGunicorn ? server.process.pid : server.pid;
  const worker = await until(async () => await answers(port) && children(master)[0], { what: "a worker" });
  return { port, worker, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

async function answers(port: number): Promise<boolean> {
  try {
    return (await (await fetch(`http://127.0.0.1:${port}/`)).text()) !== "";
  } catch {
    return false;
  }
}

interface Run {
  readonly cpuUs: number;
  readonly requestsPerS: number;
}

async function drive(server: Server, seconds: number): Promise<Run> {
  const before = runTimeMs(server.worker);
  const url = `http://127.0.0.1:${server.port}/`;
  const wrk = await new Deno.Command("wrk", { args: ["-t1", "-c8", `-d${seconds}s`, url] }).output();
  const text = new TextDecoder().decode(wrk.stdout);
  const requests = Number(/(\d+) requests in/.exec(text)?.[1]);
  const failed = /Non-2xx or 3xx responses: (\d+)/.exec(text)?.[1];
  if (!(requests > 0) || failed) throw new Error(`Cannot measure: wrk failed\n${text}`);
  return { cpuUs: (runTimeMs(server.worker) - before) / requests * 1e3, requestsPerS: requests / seconds };
}

/** What else the machine does only ever adds to a run, so the undisturbed ones are the lower ones. */
function lowerQuartile(values: readonly number[]): number {
  return quantile([...values], 0.25);
}
