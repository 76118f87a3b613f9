import type { Flags } from "../cli/cli.ts";
import { isAsync } from "../core/kinds.ts";
import type { Maybe, WorkerModel } from "../core/sample.ts";
import { findGunicorn, findWords, GunicornNotFound } from "../gunicorn/find.ts";
import { inspectGunicorn, type Inspection, interpreterOf, isFailure } from "../gunicorn/inspect.ts";
import { lengthenedGrace, mappedArguments, planLaunch } from "../gunicorn/launch_plan.ts";
import { workerModel } from "../gunicorn/worker_model.ts";
import { runtimeBases } from "../platform/runtime_dir.ts";
import { Cgroup } from "../sensors/machine/cgroup.ts";
import { Machine, type MachineLimits } from "../sensors/machine/machine.ts";
import { freeBytes } from "../sensors/machine/memory_use.ts";
import { variable } from "../settings/environment.ts";
import { addressText } from "../settings/setting_types.ts";
import { variableOf } from "../settings/option.ts";
import type { Settings } from "../settings/settings.ts";
import { cappedMaximum, describe, type Resolved } from "../settings/settings_sources.ts";
import { VERSION } from "../version.ts";
import { advise, minimumProblem } from "./advice.ts";
import { boundAddress, recordingProblem, runtimeFolderProblem, takenAddresses } from "./obstacles.ts";
import { userChangeProblem } from "./launch.ts";
import { ownFolder } from "./own_folder.ts";
import { BAD_USAGE } from "./refusal.ts";
import { startRows } from "./start_rows.ts";
import { readSettings } from "./settings_input.ts";

const MIB = 2 ** 20;

/**
 * `check`: says what a run would do, with every setting's source. Exit code 0, or 2 when a run would be refused whatever
 * else runs here; an address that is taken now is a warning.
 */
export async function check(
  flags: Flags,
  gunicornArgs: readonly string[],
  program: readonly string[] = [],
): Promise<number> {
  const isProgram = program.length > 0;
  const limits = new Machine().limits();
  const resolved = readSettings(flags, limits);
  const errors = [...resolved.errors];
  const warnings = [...resolved.warnings];
  const { settings } = resolved;
  const sections: [title: string, rows: [string, string][]][] = [];
  let inspection: Inspection | undefined;
  let words: string[] = [];
  try {
    const path = variable("PATH");
    words = isProgram ? findWords(program, path) : findGunicorn(settings.gunicorn, path, ownFolder());
    const problem = settings.probe === "on" ? userChangeProblem(words, Deno.uid()) : undefined;
    if (problem !== undefined) errors.push(problem);
    if (isProgram || interpreterOf(words) === undefined) {
      warnings.push(`gunicorn's configuration is known only when ${words[0]} has started it: not looked at`);
    } else {
      const result = await inspectGunicorn(words, mappedArguments(settings, gunicornArgs), true);
      if (isFailure(result)) errors.push(`Cannot read gunicorn's configuration: ${result.problem}`);
      else inspection = result;
    }
  } catch (error) {
    if (!(error instanceof GunicornNotFound)) throw error;
    errors.push(error.message);
  }
  const plan = planLaunch({
    settings,
    gunicornArgs,
    environment: Deno.env.toObject(),
    wrapperConfig: settings.probe === "on" ? "(runtime folder)/gunicorn_autoscaler_conf.py" : undefined,
    sources: resolved.sources,
    inspection,
    freeBytes: freeBytes(new Cgroup()),
  });
  errors.push(...plan.errors);
  const model = inspection === undefined ? undefined : workerModel(
    inspection.worker_class_names,
    inspection.threads,
    inspection.worker_connections,
  );
  if (inspection !== undefined && model !== undefined) {
    sections.push(["gunicorn", gunicornRows(words, inspection, model)]);
    errors.push(...problems(inspection));
    const noRoom = minimumProblem(settings, inspection, ifKnown(limits.memoryBytes));
    if (noRoom !== undefined) errors.push(noRoom);
  }
  const bases = settings.runtimeDir === "" ? runtimeBases({ get: variable }) : [settings.runtimeDir];
  for (const problem of [runtimeFolderProblem(bases), settings.record && recordingProblem(settings.record)]) {
    if (problem) errors.push(problem);
  }
  warnings.push(...takenAddresses([
    ...(inspection?.address ?? []).flatMap((text) => {
      const address = boundAddress(text);
      return address === undefined ? [] : [{ by: "gunicorn's --bind", address }];
    }),
    ...(settings.statusAddr === "off" ? [] : [{ by: "--status-addr", address: settings.statusAddr }]),
  ]));
  sections.push(["Limits", limitRows(limits, resolved)]);
  sections.push(["Start", [
    [
      "workers",
      `${plan.initialWorkers} to begin with, then ${plan.minWorkers} to ${plan.maxWorkers}`,
    ],
    ...(inspection === undefined ? [] : startedFrom(settings, inspection)),
    ["runtime folder", `in ${bases[0]}`],
    ...startRows({ words, isProgram, environment: Deno.env.toObject(), ownPid: Deno.pid }),
    ...plan.notes.map((note): [string, string] => ["note", note]),
  ]]);
  if (model !== undefined) sections.push(["Signals", signalRows(settings, model, resolved)]);
  sections.push([
    "Settings",
    describe(resolved).map(({ option, value, source }) => [
      option.flag,
      `${value === "" ? "-" : value}  (${source === "environment" ? variableOf(option) : source})`,
    ]),
  ]);
  print(sections);
  if (inspection !== undefined && model !== undefined) {
    const memoryLimitBytes = ifKnown(limits.memoryBytes);
    const advice = advise({ settings, inspection, model, memoryLimitBytes, cores: limits.cores });
    list("Advice", advice);
  }
  list("Warnings", warnings);
  list("Errors", errors);
  console.log(errors.length === 0 ? "\nReady to run." : "\nNot ready to run.");
  return errors.length === 0 ? 0 : BAD_USAGE;
}

function ifKnown(value: Maybe<number>): number | undefined {
  return value === "unknown" ? undefined : value;
}

function gunicornRows(
  words: readonly string[],
  inspection: Inspection,
  model: WorkerModel,
): [string, string][] {
  const { app } = inspection;
  const slots = model.kind === "sync" ? "one request at a time" : `${model.slots} requests at a time`;
  return [
    ["version", `${inspection.gunicorn}, ${words.join(" ")}`],
    ["Python", `${inspection.python}, ${inspection.executable}`],
    ["worker class", `${inspection.worker_class} (${model.kind}, ${slots})`],
    ["bind", inspection.address.join(", ")],
    ["timeouts", `${inspection.timeout} s, graceful ${inspection.graceful_timeout} s`],
    ...(app === null || app.problem !== null ? [] : [[
      "application",
      `loads in ${Math.round(app.load_ms)} ms, ${Math.round(app.rss_bytes / MIB)} MiB resident` +
      (inspection.preload ? ", preloaded" : ""),
    ] as [string, string]]),
  ];
}

function problems(inspection: Inspection): string[] {
  const found: string[] = [];
  if (inspection.worker_class_problem !== null) {
    const why = inspection.worker_class_problem.trim().split("\n")[0]!.replace(/[:\s]+$/, "");
    found.push(
      `Cannot load the worker class ${inspection.worker_class}: ${why}, correct it or install what has it`,
    );
  }
  if (inspection.app !== null && inspection.app.problem !== null) {
    const why = inspection.app.problem.split("\n")[0]!.replace(/\.$/, "");
    const isMissing = /^(ModuleNotFound|Import|AppImport)Error/.test(why);
    found.push(
      `Cannot load the application: ${why}, ${
        isMissing
          ? "correct the name or the folder (gunicorn's --chdir, --pythonpath)"
          : "put that right in it"
      }`,
    );
  }
  return found;
}

/** The config file that was found, and how long a worker that drains may finish. */
function startedFrom(settings: Settings, inspection: Inspection): [string, string][] {
  const { config, given, graceful_timeout } = inspection;
  const lengthened = lengthenedGrace(settings, inspection);
  const why = given.includes("graceful_timeout")
    ? "given"
    : lengthened === undefined
    ? "gunicorn's default"
    : "as the timeout";
  return [
    ["config file", config ?? "none"],
    ["graceful timeout", `${lengthened ?? graceful_timeout} s, ${why}`],
  ];
}

function limitRows(limits: MachineLimits, resolved: Resolved): [string, string][] {
  const { settings, sources } = resolved;
  const memory = limits.memoryBytes === "unknown" ? "unknown" : `${Math.round(limits.memoryBytes / MIB)} MiB`;
  const isCapped = cappedMaximum(resolved, limits.cores) !== undefined;
  const fallback = isCapped ? "no CPU quota: 16 at most, --max-workers raises it" : "2 x cores + 1";
  const from = sources.maxWorkers === "default" ? fallback : sources.maxWorkers;
  return [
    ["CPU", `${Number(limits.cores.toFixed(2))} cores, from ${limits.coresFrom}`],
    ["memory", `${memory}, from ${limits.memoryFrom}`],
    ["maximum", `${settings.maxWorkers} workers, from ${from}`],
  ];
}

/** Which signals this worker class has, and what the probe does. */
function signalRows(settings: Settings, model: WorkerModel, { sources }: Resolved): [string, string][] {
  const probed = settings.probe === "on" && model.kind !== "unknown";
  const slots = probed ? "live, from the probe" : "not measured";
  const statsd = settings.probe === "off" || sources.statsdAddr !== "default";
  const loop = isAsync(model.kind);
  return [
    ["in flight, busy time", slots],
    ["service times, failures", probed ? slots : statsd ? "live, from StatsD" : slots],
    ["event loop lag", loop ? slots : "this worker class has no event loop"],
    ["accept queue", "live, from the kernel"],
    ["CPU, memory", "live, from /proc and the control group"],
    ["StatsD", statsd ? `received on ${addressText(settings.statsdAddr)}` : "not needed"],
    ["probe", probeText(settings, model)],
  ];
}

function probeText(settings: Settings, model: WorkerModel): string {
  if (settings.probe === "off") return "off: workers are counted and asked for one signal at a time";
  if (model.kind === "unknown") {
    return "attaches to the master only: it does not know this worker class, so decisions rest on the accept queue, CPU " +
      "and StatsD (set --statsd-addr)";
  }
  return `attaches to the master and to every ${model.kind} worker; nothing is added to the application`;
}

function print(sections: readonly (readonly [string, readonly (readonly [string, string])[]])[]): void {
  console.log(`gunicorn-autoscaler ${VERSION}`);
  for (const [title, rows] of sections) {
    console.log(`\n${title}`);
    for (const [name, value] of rows) console.log(`  ${name.padEnd(26)}${value}`);
  }
}

function list(title: string, lines: readonly string[]): void {
  if (lines.length === 0) return;
  console.log(`\n${title}`);
  for (const line of lines) console.log(`  ${line}`);
}
