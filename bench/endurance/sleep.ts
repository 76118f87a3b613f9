/**
 * Sleeps and wakes gunicorn, with requests around the very moment of falling asleep:
 * `deno task bench:sleep-cycles --help`.
 */
import { median } from "simple-statistics";
import { taskArguments } from "../../tasks/arguments.ts";
import { listOf, oneOf, whole } from "../../tasks/options.ts";
import { autoscaled } from "../../tests/support/autoscaled.ts";
import { requirements, type VenvName } from "../../tests/support/venv.ts";
import { sleepCycles, sleepyAfter, sleepyClasses, type SleepyClassName } from "./sleep_cycles.ts";

const CLASSES = Object.keys(sleepyClasses) as SleepyClassName[];
const VENVS = (Object.keys(requirements) as VenvName[]).filter((name) => name !== "uwsgi");

/** A cycle is short, and a worker still has the time to end. */
const SLEEP_AFTER_MS = 100;

const TASK = {
  command: "deno task bench:sleep-cycles",
  action: "count what sleep loses",
  about:
    "What sleep loses: gunicorn falls asleep and is woken by requests that come at random about that very moment. " +
    "Prints a table in Markdown, what it has so far when it is interrupted, and each request without an answer. A sleep " +
    "takes about half a second.",
  options: {
    classes: listOf(CLASSES, { help: "Worker classes.", default: ["sync", "gthread", "uvicorn", "asgi"] }),
    cycles: whole(1, { help: "Sleeps of each class that a request is to end.", default: 1_000 }),
    venv: oneOf(VENVS, { help: `The gunicorn: ${VENVS.join(", ")}.`, default: "newest" }),
    "fork-server": oneOf(["on", "off"], { help: "A light sleep (on) or a deep one.", default: "off" }),
  },
  examples: ["--cycles 300 --classes sync,gthread --venv 23"],
  notes: ["Exit codes: 0; 1 when a request was lost; 2 for bad usage."],
};

async function main(): Promise<number> {
  const { options: { classes, cycles, venv, "fork-server": forkServer } } = taskArguments(TASK);
  let lost = 0, isStopped = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, () => isStopped = true);
  console.log(
    "| worker class | requests | sleeps | woken | lost | answer, median ms |\n|" + " --- |".repeat(6),
  );
  for (const name of classes) {
    const { app, gunicorn } = sleepyClasses[name];
    await using server = await autoscaled({
      own: [...sleepyAfter(SLEEP_AFTER_MS), "--fork-server", forkServer],
      app,
      gunicorn,
      venv,
    });
    const targets = [{ port: server.port }];
    const result = await sleepCycles(server, targets, cycles, Math.random, SLEEP_AFTER_MS, () => isStopped);
    const answerMs = result.answersMs.length > 0 ? median([...result.answersMs]).toFixed(0) : "–";
    const cells = [name, result.requests, result.sleeps, result.wakes, result.failures.length, answerMs];
    console.log(`| ${cells.join(" | ")} |`);
    for (const failure of result.failures) console.error(failure);
    lost += result.failures.length;
    if (isStopped) break;
  }
  return lost === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main());
