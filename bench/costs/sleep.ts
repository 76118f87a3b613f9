/**
 * What sleep saves: `deno task bench:sleep --help`. Memory is the PSS of all processes, the supervisor's
 * too; a first answer is from connecting to its end; CPU is of all processes.
 */
import { delay } from "@std/async/delay";
import { median } from "simple-statistics";
import { taskArguments } from "../../tasks/arguments.ts";
import { listOf, whole } from "../../tasks/options.ts";
import { type Autoscaled, autoscaled } from "../../tests/support/autoscaled.ts";
import { Connection, get } from "../../tests/support/http.ts";
import { freeTcpPort } from "../../tests/support/port.ts";
import { type Process, start, trySignal } from "../../tests/support/process.ts";
import { descendants } from "../../tests/support/processes.ts";
import { command } from "../../tests/support/running_commands.ts";
import { bin, makeVenv } from "../../tests/support/venv.ts";
import { until } from "../../tests/support/wait.ts";
import { untilAsleep } from "../../tests/e2e/sleep/support.ts";
import { familyPssMb } from "../servers/memory.ts";
import { SLEEPY } from "../endurance/sleep_cycles.ts";
import { spareOf } from "./spare.ts";
import { type TypicalApp, type TypicalAppName, typicalApps } from "./typical_apps.ts";

const PATIENCE_MS = 120_000;
/** The fork server gives memory back when it was not asked for a second. */
const SETTLED_MS = 3_000;
const BARE_REQUESTS = 20;
const NAMES = Object.keys(typicalApps) as TypicalAppName[];
const folder = new URL("../apps", import.meta.url).pathname;

const TASK = {
  command: "deno task bench:sleep",
  action: "measure sleep",
  about:
    "What sleep saves for some applications: memory and CPU of two idle workers of bare gunicorn, of a light and of a " +
    "deep sleep, and how soon the request that ends a sleep has its answer. AUTOSCALER_BINARY names a binary to measure in " +
    "place of the source.",
  options: {
    apps: listOf(NAMES, { help: "Applications.", default: NAMES }),
    sleeps: whole(1, { help: "Sleeps of each kind.", default: 10 }),
    seconds: whole(0, {
      help: "Seconds over which CPU is measured, for each kind; 0: it is not.",
      default: 60,
    }),
  },
  examples: ["--apps django --sleeps 3"],
};

/** One application with its virtualenv in the path. */
interface Subject extends TypicalApp {
  readonly path: string;
  readonly env: Record<string, string>;
}

async function bareGunicorn({ app, gunicorn, path, env }: Subject): Promise<Process> {
  const port = freeTcpPort();
  const words = [app, "--pythonpath", folder, ...gunicorn, "--bind", `127.0.0.1:${port}`, "-w", "2"];
  const bare = start(bin(path, "gunicorn"), words, { env });
  await until(() => get({ port }, "/").then(() => true, () => false), {
    timeoutMs: PATIENCE_MS,
    what: "an answer",
  });
  await until(() => descendants(bare.pid).length === 2, { what: "two workers", timeoutMs: PATIENCE_MS });
  for (let i = 0; i < BARE_REQUESTS; i++) await get({ port }, "/");
  await delay(SETTLED_MS);
  return bare;
}

type Depth = "light" | "light, without a spare" | "deep";

/** Asleep, and what is to end with the workers has. */
async function untilSettled(ours: Autoscaled, depth: Depth): Promise<void> {
  await untilAsleep(ours);
  const isSettled = () =>
    depth === "deep" ? descendants(ours.master).length === 0 : spareOf(ours.master) !== undefined;
  await until(isSettled, { what: `a ${depth} sleep`, timeoutMs: PATIENCE_MS });
}

/** From connecting to the end of the answer, ms. */
async function firstAnswerMs(ours: Autoscaled, depth: Depth): Promise<number> {
  await untilSettled(ours, depth);
  if (depth !== "light, without a spare") {
    const fromMs = performance.now();
    await get({ port: ours.port }, "/", { timeoutMs: PATIENCE_MS });
    return performance.now() - fromMs;
  }
  // A master that runs would have another spare before the request.
  trySignal(ours.master, "SIGSTOP");
  trySignal(spareOf(ours.master)!, "SIGKILL");
  await until(() => spareOf(ours.master) === undefined, { what: "the end of the spare" });
  await using client = await Connection.open({ port: ours.port });
  const fromMs = performance.now();
  trySignal(ours.master, "SIGCONT");
  // That of the connection may go to another thread when a stopped process goes on, and then wakes nothing.
  trySignal(ours.master, "SIGCHLD");
  await client.get("/", { timeoutMs: PATIENCE_MS, headers: { Connection: "close" } });
  return performance.now() - fromMs;
}

/** CPU time of a process so far: in its statistics a clock tick has 10 ms, asleep it uses less in a second. */
function cpuNs(pid: number): number {
  const threads = [...Deno.readDirSync(`/proc/${pid}/task`)].map(({ name }) => `/proc/${pid}/task/${name}`);
  return threads.reduce(
    (sum, path) => sum + Number(Deno.readTextFileSync(`${path}/schedstat`).split(" ")[0]),
    0,
  );
}

/** Share of a core over some seconds, in words, process by process. */
async function cpuShares(pid: number, seconds: number): Promise<string> {
  if (seconds === 0) return "";
  const all = [pid, ...descendants(pid).map((one) => one.pid)];
  const before = all.map(cpuNs);
  await delay(1000 * seconds);
  const shares = all.map((one, i) => (cpuNs(one) - before[i]!) / seconds / 1e7);
  const total = shares.reduce((sum, share) => sum + share, 0);
  return `, CPU ${total.toFixed(2)} % of a core (${shares.map((share) => share.toFixed(2)).join(" + ")})`;
}

/** The imports of fork servers that the log tells of, ms. */
function importsMs(ours: Autoscaled): number[] {
  const log = ours.process.text("stderr");
  return [...log.matchAll(/imported the application in ([\d.]+) s/g)].map(([, s]) => 1000 * Number(s));
}

async function measure(subject: Subject, sleeps: number, seconds: number): Promise<void> {
  let bareMb: number;
  {
    await using bare = await bareGunicorn(subject);
    bareMb = familyPssMb(bare.pid);
    console.log(
      `two idle workers of bare gunicorn: ${bareMb.toFixed(0)} MB${await cpuShares(bare.pid, seconds)}`,
    );
  }
  await using ours = await autoscaled({
    own: [...SLEEPY, "--fork-server", "on"],
    app: subject.app,
    gunicorn: ["--pythonpath", folder, ...subject.gunicorn],
    venvPath: subject.path,
    env: subject.env,
    untilReady: false,
  });
  await ours.process.line(/imported the application in/, { timeoutMs: PATIENCE_MS });
  for (const depth of ["light", "light, without a spare", "deep"] as const) {
    if (depth === "deep") await command(ours, "set", "deep-sleep-after=0.1");
    const known = importsMs(ours).length;
    const answersMs: number[] = [];
    for (let i = 0; i < sleeps; i++) answersMs.push(await firstAnswerMs(ours, depth));
    const imports = importsMs(ours).slice(known);
    const beside = imports.length > 0 ? ` (an import ${median(imports).toFixed(0)} ms)` : "";
    console.log(
      `${depth}: first answer ${median(answersMs).toFixed(0)} ms, ${Math.min(...answersMs).toFixed(0)} to ${
        Math.max(...answersMs).toFixed(0)
      }${beside}`,
    );
    if (depth === "light, without a spare") continue;
    await untilSettled(ours, depth);
    await delay(SETTLED_MS);
    const mb = familyPssMb(ours.process.pid);
    const master = familyPssMb(ours.master);
    const cpu = await cpuShares(ours.process.pid, seconds);
    console.log(
      `${depth}: ${mb.toFixed(0)} MB, ${(100 * mb / bareMb).toFixed(0)} % (gunicorn and fork server ${
        master.toFixed(0)
      } MB)${cpu}`,
    );
  }
}

if (import.meta.main) {
  const { options: { apps, sleeps, seconds } } = taskArguments(TASK);
  for (const name of apps) {
    const app: TypicalApp = typicalApps[name];
    const path = await makeVenv(
      new URL(`../../.venvs/${app.venv}`, import.meta.url).pathname,
      app.requirements,
    );
    console.log(`${name}:`);
    await measure({ ...app, path, env: { PATH: `${path}/bin:${Deno.env.get("PATH")}` } }, sleeps, seconds);
  }
}
