/**
 * What sleep saves on the Django application of bench:fork-server: `deno task bench:sleep --help`. Memory is the PSS of all
 * processes, the supervisor's too; a first answer is from connecting to its end.
 */
import { delay } from "@std/async/delay";
import { median } from "simple-statistics";
import { taskArguments } from "../../tasks/arguments.ts";
import { whole } from "../../tasks/options.ts";
import { autoscaled } from "../../tests/support/autoscaled.ts";
import { get } from "../../tests/support/http.ts";
import { freeTcpPort } from "../../tests/support/port.ts";
import { start } from "../../tests/support/process.ts";
import { cpuMs, descendants } from "../../tests/support/processes.ts";
import { command } from "../../tests/support/running_commands.ts";
import { bin, makeVenv } from "../../tests/support/venv.ts";
import { until } from "../../tests/support/wait.ts";
import { untilAsleep } from "../../tests/e2e/sleep/support.ts";
import { familyPssMb } from "../servers/memory.ts";
import { REQUIREMENTS } from "./django.ts";
import { SLEEPY } from "../endurance/sleep_cycles.ts";

const PATIENCE_MS = 120_000;
const CPU_MS = 10_000;

const TASK = {
  command: "deno task bench:sleep",
  action: "measure sleep",
  about:
    "What sleep saves: memory of two idle workers of bare gunicorn, of a light and of a deep sleep, CPU asleep, and " +
    "how soon the request that ends a sleep has its answer. Of a Django application.",
  options: { sleeps: whole(1, { help: "Sleeps of each depth.", default: 9 }) },
  examples: ["--sleeps 3"],
};

if (import.meta.main) {
  const { options: { sleeps } } = taskArguments(TASK);
  const path = await makeVenv(new URL("../../.venvs/django", import.meta.url).pathname, REQUIREMENTS);
  const env = { PATH: `${path}/bin:${Deno.env.get("PATH")}` };
  const app = ["--pythonpath", new URL("../apps", import.meta.url).pathname];
  const answered = (port: number) =>
    until(() => get({ port }, "/").then(() => true, () => false), {
      timeoutMs: PATIENCE_MS,
      what: "an answer",
    });
  let bareMb: number;
  {
    const port = freeTcpPort();
    await using bare = start(bin(path, "gunicorn"), [
      "django_shop:app",
      ...app,
      "--bind",
      `127.0.0.1:${port}`,
      "-w",
      "2",
    ], { env });
    await answered(port);
    await until(() => descendants(bare.pid).length === 2, { what: "two workers", timeoutMs: PATIENCE_MS });
    for (let i = 0; i < 20; i++) await get({ port }, "/");
    bareMb = familyPssMb(bare.pid);
  }
  console.log(`two idle workers of bare gunicorn: ${bareMb.toFixed(0)} MB`);
  await using ours = await autoscaled({
    own: [...SLEEPY, "--fork-server", "on"],
    app: "django_shop:app",
    gunicorn: app,
    env,
    untilReady: false,
  });
  await ours.process.line(/imported the application in/, { timeoutMs: PATIENCE_MS });
  const importsMs = () =>
    [...ours.process.text("stderr").matchAll(/imported the application in ([\d.]+) s/g)].map(([, seconds]) =>
      1000 * Number(seconds)
    );
  for (const depth of ["light", "deep"]) {
    if (depth === "deep") await command(ours, "set", "deep-sleep-after=0.1");
    const answersMs: number[] = [];
    for (let i = 0; i < sleeps; i++) {
      await untilAsleep(ours);
      if (depth === "deep") {
        await until(() => descendants(ours.master).length === 0, { what: "the end of the fork server" });
      }
      const fromMs = performance.now();
      await get({ port: ours.port }, "/", { timeoutMs: PATIENCE_MS });
      answersMs.push(performance.now() - fromMs);
    }
    await untilAsleep(ours);
    if (depth === "deep") {
      await until(() => descendants(ours.master).length === 0, { what: "the end of the fork server" });
    }
    await delay(1_000);
    const mb = familyPssMb(ours.process.pid);
    const cpu = () => [ours.process.pid, ours.master].map(cpuMs).reduce((sum, ms) => sum + ms, 0);
    const before = cpu();
    await delay(CPU_MS);
    const share = (cpu() - before) / CPU_MS * 100;
    console.log(
      `${depth} sleep: ${mb.toFixed(0)} MB, ${(100 * mb / bareMb).toFixed(0)} % (gunicorn's master alone ${
        familyPssMb(ours.master).toFixed(0)
      } MB), ${share.toFixed(2)} % of a core, first answer ${median(answersMs).toFixed(0)} ms, an import ${
        median(importsMs()).toFixed(0)
      } ms`,
    );
  }
}
