/**
 * What the fork server saves on a Django application: `deno task bench:fork-server --help`.
 * Memory is the PSS of all processes, the supervisor's too (from source, or the program that AUTOSCALER_BINARY names); a
 * boot is from gunicorn's decision to fork until the worker is ready, as its slot has it.
 */
import { mean, median } from "simple-statistics";
import { taskArguments } from "../../tasks/arguments.ts";
import { positive, text } from "../../tasks/options.ts";
import { familyPssMb } from "../servers/memory.ts";
import { READY_NS } from "../../src/sensors/probe/slot.ts";
import { forks } from "../../tests/e2e/fork_server/support.ts";
import { pin, untilBooted } from "../../tests/faults/support/steady.ts";
import { type Autoscaled, autoscaled } from "../../tests/support/autoscaled.ts";
import { get } from "../../tests/support/http.ts";
import { freeTcpPort } from "../../tests/support/port.ts";
import { start } from "../../tests/support/process.ts";
import { cpuMs, forkServers } from "../../tests/support/processes.ts";
import { runtimeFolder } from "../../tests/support/running_commands.ts";
import { until } from "../../tests/support/wait.ts";
import { findPython } from "../../tests/support/builds/pythons.ts";
import { REQUIREMENTS } from "./django.ts";
import { spareOf } from "./spare.ts";
import { bin, makeVenv } from "../../tests/support/venv.ts";

const repository = new URL("../../", import.meta.url).pathname;
/** Word of the slot: when gunicorn's master decided to fork. */
const BOOT_NS = 9;
const LOADERS = 8;
const BOOTS = 9;
/** Memory is read so often, once a second, for its mean: the autoscaler gives back its own every 20 s. */
const READINGS = 20;
/** A spare has been idle for so long at least. */
const IDLE_MS = 300;

async function serve(port: number, requests: number): Promise<void> {
  let left = requests;
  await Promise.all(Array.from({ length: LOADERS }, async () => {
    while (left-- > 0) await get({ port }, "/");
  }));
}

/** From fork to ready of each worker, by pid, and when they were ready, ms. */
async function boots(server: Autoscaled): Promise<Map<number, { fromMs: number; toMs: number }>> {
  const folder = await runtimeFolder(server);
  return new Map(
    server.workers().map((pid) => {
      const words = new BigUint64Array(Deno.readFileSync(`${folder}/w-${pid}`).buffer);
      return [pid, { fromMs: Number(words[BOOT_NS]) / 1e6, toMs: Number(words[READY_NS]) / 1e6 }];
    }),
  );
}

/** The boots of the workers that come when the count goes up. */
async function grown(server: Autoscaled, from: number, to: number) {
  await pin(server, from);
  await untilBooted(server, from);
  const spare = await until(() => spareOf(server.master), { what: "a spare worker" });
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  const before = new Set(server.workers());
  await pin(server, to);
  // No request and few looks: they would take the CPU that is measured.
  await until(async () => {
    const all = [...(await boots(server)).values()];
    return all.length === to && all.every(({ toMs }) => toMs > 0);
  }, { everyMs: 300, timeoutMs: 120_000, what: `${to} workers that are ready` });
  return [...await boots(server)].filter(([pid]) => !before.has(pid)).map(([pid, boot]) => ({
    pid,
    ...boot,
    isSpare: pid === spare,
  }));
}

/** CPU time of a process of one thread, without that of its children. */
function ownCpuMs(pid: number): number {
  return Number(Deno.readTextFileSync(`/proc/${pid}/schedstat`).split(" ")[0]) / 1e6;
}

async function pythonVenv(version: string | undefined): Promise<string> {
  if (version === undefined) return await makeVenv(`${repository}.venvs/django`, REQUIREMENTS);
  const python = await findPython(version);
  if (python === undefined) throw new Error(`Cannot find Python ${version}, install it with its venv module`);
  return await makeVenv(`${repository}.venvs/django-${version}`, REQUIREMENTS, python);
}

const TASK = {
  command: "deno task bench:fork-server",
  action: "measure the fork server",
  about: "What the fork server saves: memory and boots of a Django application, beside bare gunicorn.",
  options: {
    workers: positive({ help: "Workers of each server.", default: 8 }),
    requests: positive({ help: "Requests a worker before memory is read.", default: 2_000 }),
    python: text({ placeholder: "VERSION", help: "On this Python, such as 3.12.", otherwise: "python3" }),
  },
  examples: ["--workers 4", "--python 3.13"],
};

if (import.meta.main) {
  const { options: { workers, requests, python } } = taskArguments(TASK);
  const path = await pythonVenv(python);
  const env = { PATH: `${path}/bin:${Deno.env.get("PATH")}` };
  const app = ["--pythonpath", new URL("../apps", import.meta.url).pathname];
  let bareMb: number;
  {
    const port = freeTcpPort();
    const bind = ["--bind", `127.0.0.1:${port}`, "-w", String(workers)];
    await using bare = start(bin(path, "gunicorn"), ["django_shop:app", ...app, ...bind], { env });
    await until(() => get({ port }, "/").then(() => true, () => false), {
      timeoutMs: 120_000,
      what: "an answer",
    });
    await serve(port, workers * requests);
    bareMb = familyPssMb(bare.pid);
  }
  await using ours = await autoscaled({
    own: ["--min-workers", "1", "--max-workers", String(workers + 1), "--fork-server", "on"],
    app: "django_shop:app",
    gunicorn: [...app, "-w", String(workers)],
    env,
  });
  await ours.process.line(/imported the application in/, { timeoutMs: 120_000 });
  const forkServer = forkServers(ours.master)[0]!;
  const importMs = ownCpuMs(forkServer);
  await pin(ours, workers);
  await untilBooted(ours, workers);
  await serve(ours.port, workers * requests);
  const alls: number[] = [], gunicorns: number[] = [];
  for (let i = 0; i < READINGS; i++) {
    alls.push(familyPssMb(ours.process.pid));
    gunicorns.push(familyPssMb(ours.master));
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  const [all, gunicorn] = [mean(alls), mean(gunicorns)];
  console.log(`bare gunicorn, ${workers} workers: ${bareMb.toFixed(0)} MB`);
  const share = (100 * all / bareMb).toFixed(1);
  console.log(`fork server: ${gunicorn.toFixed(0)} MB, with the supervisor ${all.toFixed(0)} MB, ${share} %`);
  const took = ({ fromMs, toMs }: { fromMs: number; toMs: number }) => toMs - fromMs;
  const spares: number[] = [], forked: number[] = [];
  const cpus: number[] = [];
  const cpuBeforeMs = cpuMs(forkServer), forksBefore = await forks(ours);
  for (let i = 0; i < BOOTS; i++) {
    spares.push(...(await grown(ours, 2, 3)).filter((boot) => boot.isSpare).map(took));
    const both = await grown(ours, 2, 4);
    cpus.push(...both.map(({ pid }) => ownCpuMs(pid)));
    forked.push(...both.filter((boot) => !boot.isSpare).map(took));
  }
  const forkMs = (cpuMs(forkServer) - cpuBeforeMs) / (await forks(ours) - forksBefore);
  const eight = await grown(ours, 1, 9 <= workers + 1 ? 9 : workers + 1);
  const eightMs = Math.max(...eight.map((b) => b.toMs)) - Math.min(...eight.map((b) => b.fromMs));
  console.log(`boot, the spare: ${median(spares).toFixed(1)} ms; forked: ${median(forked).toFixed(1)} ms`);
  console.log(`${eight.length} at once: ${eightMs.toFixed(0)} ms`);
  const cpu = median(cpus) + forkMs;
  console.log(`CPU of a boot: ${cpu.toFixed(0)} ms, ${(100 * cpu / importMs).toFixed(1)} % of the import's`);
}
