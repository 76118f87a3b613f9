import type { Flags } from "../cli/cli.ts";
import { isAsync } from "../core/kinds.ts";
import type { WorkerModel } from "../core/sample.ts";
import { CommandError, findGunicorn, findWords, notStarted } from "../gunicorn/find.ts";
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
import { cappedMaximum, type Resolved, settingValues } from "../settings/settings_sources.ts";
import { quantity } from "../wording/format.ts";
import { VERSION } from "../version.ts";
import { advise, minimumProblem } from "./advice.ts";
import {
  boundAddress,
  configurationProblems,
  recordingProblem,
  runtimeFolderProblem,
  takenAddresses,
  type WantedAddress,
} from "./obstacles.ts";
import { userChangeProblem } from "./launch.ts";
import { ownFolder } from "./own_folder.ts";
import { BAD_USAGE, NO_APPLICATION } from "./refusal.ts";
import { startRows } from "./start_rows.ts";
import { readSettings } from "./settings_input.ts";
import { print } from "../output.ts";

const MIB = 2 ** 20;
/** The source of a bound that is not set, where gunicorn's own number is beyond the default. */
const FROM_GUNICORN = "gunicorn's workers";

type Row = [name: string, value: string];
/** The lines under one title; not printed when there is none. */
type Section = [title: string, rows: readonly Row[]];

/** `check`: says what a run would do. Returns the exit code. */
export function check(flags: Flags, gunicornArgs: readonly string[]): Promise<number> {
  return checkStart(flags, gunicornArgs, []);
}

/** `check exec`: says what a run of a program would do that starts gunicorn itself. Returns the exit code. */
export function checkExec(flags: Flags, program: readonly string[]): Promise<number> {
  return checkStart(flags, [], program);
}

/**
 * Says what a run would do, with every setting's source. Exit code 0, or 2 when a run would be refused whatever else runs
 * here; an address that is taken now is a warning.
 */
async function checkStart(
  flags: Flags,
  gunicornArgs: readonly string[],
  program: readonly string[],
): Promise<number> {
  const limits = new Machine().limits();
  const memoryLimitBytes = limits.memoryBytes === "unknown" ? undefined : limits.memoryBytes;
  const resolved = await readSettings(flags, limits);
  const { settings, sources } = resolved;
  const inspected = await inspect(settings, gunicornArgs, program);
  const { words, inspection } = inspected;
  const environment = Deno.env.toObject();
  const plan = planLaunch({
    settings,
    gunicornArgs,
    environment,
    wrapperConfig: settings.probe === "on" ? "(runtime folder)/gunicorn_autoscaler_conf.py" : undefined,
    sources,
    inspection,
    freeBytes: freeBytes(new Cgroup()),
  });
  // The number that gunicorn is given may move them.
  const { minWorkers, maxWorkers } = plan;
  const effective = { ...settings, minWorkers, maxWorkers };
  const model = inspection &&
    workerModel(inspection.worker_class_names, inspection.threads, inspection.worker_connections);
  const bases = settings.runtimeDir === "" ? runtimeBases({ get: variable }) : [settings.runtimeDir];
  const errors = [
    ...resolved.errors,
    ...inspected.errors,
    ...plan.errors,
    ...(inspection === undefined ? [] : configurationProblems(inspection)),
    inspection && minimumProblem(effective, inspection, memoryLimitBytes),
    runtimeFolderProblem(bases),
    settings.record === "" ? undefined : recordingProblem(settings.record),
  ].filter((problem) => problem !== undefined);
  printSections([
    ["gunicorn", inspection && model ? gunicornRows(words, inspection, model) : []],
    ["Limits", limitRows(limits, resolved, maxWorkers)],
    ["Start", [
      ["workers", `${plan.initialWorkers} to begin with, then ${minWorkers} to ${maxWorkers}`],
      ...(inspection === undefined ? [] : startedFrom(settings, inspection)),
      ["runtime folder", `in ${bases[0]}`],
      ...startRows({ words, isProgram: program.length > 0, environment, ownPid: Deno.pid }),
      ...plan.notes.map((note): Row => ["note", note]),
    ]],
    ["Signals", model === undefined ? [] : signalRows(settings, model, resolved)],
    ["Settings", settingRows(resolved, effective)],
  ]);
  if (inspection && model) {
    printList(
      "Advice",
      advise({ settings: effective, inspection, model, memoryLimitBytes, cores: limits.cores }),
    );
  }
  const taken = takenAddresses(wantedAddresses(settings, inspection));
  printList("Warnings", [...resolved.warnings, ...inspected.warnings, ...taken]);
  printList("Errors", errors);
  print(errors.length === 0 ? "\nReady to run." : "\nNot ready to run.");
  return errors.length === 0 ? 0 : BAD_USAGE;
}

/** What is there to be started, and gunicorn's own configuration where that can be read. */
interface Inspected {
  /** The words that start gunicorn, or the program that starts it; empty when there is none. */
  readonly words: readonly string[];
  readonly inspection?: Inspection;
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

async function inspect(
  settings: Settings,
  gunicornArgs: readonly string[],
  program: readonly string[],
): Promise<Inspected> {
  const isProgram = program.length > 0;
  const path = variable("PATH");
  let words: readonly string[];
  try {
    words = isProgram ? findWords(program, path) : findGunicorn(settings.gunicorn, path, ownFolder());
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { words: [], errors: [error.message], warnings: [] };
  }
  const problem = settings.probe === "on" ? userChangeProblem(words, Deno.uid()) : undefined;
  const errors = problem === undefined ? [] : [problem];
  if (isProgram || interpreterOf(words) === undefined) {
    const warning = `gunicorn's configuration is known only when ${words[0]} has started it: not looked at`;
    return { words, errors, warnings: [warning] };
  }
  const result = await inspectGunicorn(words, mappedArguments(settings, gunicornArgs), true);
  return isFailure(result)
    ? {
      words,
      errors: [...errors, unreadable(words[0]!, result.problem)],
      warnings: [],
    }
    : { words, inspection: result, errors, warnings: [] };
}

/** What is said where gunicorn cannot read its configuration. */
function unreadable(program: string, problem: string): string {
  if (/^Failed to spawn /.test(problem)) return notStarted(program, problem);
  if (/No application module specified/.test(problem)) return NO_APPLICATION;
  return `Cannot read gunicorn's configuration: ${problem.replace(/[.:\s]+$/, "")}, correct it`;
}

function wantedAddresses(settings: Settings, inspection: Inspection | undefined): WantedAddress[] {
  const bound = (inspection?.address ?? []).map(boundAddress).filter((address) => address !== undefined);
  return [
    ...bound.map((address) => ({ by: "gunicorn's --bind", address })),
    ...(settings.statusAddr === "off" ? [] : [{ by: "--status-addr", address: settings.statusAddr }]),
  ];
}

function gunicornRows(
  words: readonly string[],
  inspection: Inspection,
  model: WorkerModel,
): Row[] {
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
    ] as Row]),
  ];
}

/** The config file that was found, and how long a worker that drains may finish. */
function startedFrom(settings: Settings, inspection: Inspection): Row[] {
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

function limitRows(limits: MachineLimits, resolved: Resolved, maxWorkers: number): Row[] {
  const { settings, sources } = resolved;
  const memory = limits.memoryBytes === "unknown" ? "unknown" : `${Math.round(limits.memoryBytes / MIB)} MiB`;
  const isCapped = cappedMaximum(resolved, limits.cores) !== undefined;
  const fallback = isCapped ? "no CPU quota: 16 at most, --max-workers raises it" : "2 x cores + 1";
  const given = sources.maxWorkers === "default" ? fallback : sources.maxWorkers;
  const from = maxWorkers === settings.maxWorkers ? given : FROM_GUNICORN;
  return [
    ["CPU", `${Number(limits.cores.toFixed(2))} cores, from ${limits.coresFrom}`],
    ["memory", `${memory}, from ${limits.memoryFrom}`],
    ["maximum", `${quantity(maxWorkers, "worker")}, from ${from}`],
  ];
}

/** Which signals this worker class has, and what the probe does. */
function signalRows(settings: Settings, model: WorkerModel, { sources }: Resolved): Row[] {
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

/** `effective`: with the minimum and maximum that gunicorn's number of workers moves. */
function settingRows(resolved: Resolved, effective: Settings): Row[] {
  return settingValues(resolved).map(({ option, value, source }) => {
    if (effective[option.name] !== resolved.settings[option.name]) {
      return [option.flag, `${effective[option.name]}  (${FROM_GUNICORN})`];
    }
    return [
      option.flag,
      `${value === "" ? "-" : value}  (${source === "environment" ? variableOf(option) : source})`,
    ];
  });
}

function printSections(sections: readonly Section[]): void {
  print(`gunicorn-autoscaler ${VERSION}`);
  for (const [title, rows] of sections) {
    if (rows.length === 0) continue;
    print(`\n${title}`);
    for (const [name, value] of rows) print(`  ${name.padEnd(26)}${value}`);
  }
}

function printList(title: string, lines: readonly string[]): void {
  if (lines.length === 0) return;
  print(`\n${title}`);
  for (const line of lines) print(`  ${line}`);
}
