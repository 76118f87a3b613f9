import type { Logger } from "@logtape/logtape";
import type { Flags } from "../cli.ts";
import type { WorkerModel } from "../core/sample.ts";
import { findGunicorn, GunicornNotFound } from "../gunicorn/find.ts";
import { inspectGunicorn, interpreterOf, isFailure } from "../gunicorn/inspect.ts";
import { type LaunchPlan, planLaunch } from "../gunicorn/launch_plan.ts";
import { endLeftovers, remember } from "../gunicorn/leftovers.ts";
import { Lifecycle } from "../gunicorn/lifecycle.ts";
import { tiedToParent } from "../gunicorn/parent_death.ts";
import { installProbe, readProbe } from "../gunicorn/probe_install.ts";
import { type Exit, Gunicorn } from "../gunicorn/process.ts";
import { workerModel } from "../gunicorn/worker_model.ts";
import { openLog } from "../log.ts";
import { Orphanage } from "../platform/orphans.ts";
import {
  makeRuntimeDir,
  removeDir,
  removeStaleDirs,
  runtimeBases,
  startTicksOf,
  writeInstance,
} from "../platform/runtime_dir.ts";
import { Machine } from "../sensors/machine.ts";
import { Sensing } from "../sensing.ts";
import { policyOf, type Settings } from "../settings.ts";
import { StatusServer } from "../status/status_server.ts";
import { Supervisor } from "../supervisor.ts";
import type { Address } from "../setting_types.ts";
import { VERSION } from "../version.ts";
import { ownFolder } from "./own_folder.ts";
import { readSettings } from "./settings_input.ts";

/** Usage and settings errors, as shells and gunicorn have it. */
const BAD_USAGE = 2;
/** Something other than the usage keeps us from starting: a taken port, a folder that cannot be written. */
const CANNOT_START = 1;
/** Leftover workers of a killed master may finish what they serve for this long. */
const LEFTOVER_MS = 5_000;

/** `run`: starts gunicorn, scales it, and returns the exit code. */
export async function run(flags: Flags, gunicornArgs: readonly string[]): Promise<number> {
  const { settings, sources, errors, warnings } = readSettings(flags, new Machine().limits().cores);
  if (errors.length > 0) return refuse(errors, BAD_USAGE);
  const log = openLog(settings.logLevel, settings.logFormat);
  for (const warning of warnings) log.warn("{warning}", { warning });
  let words: string[];
  try {
    words = findGunicorn(settings.gunicorn, Deno.env.get("PATH"), ownFolder());
  } catch (error) {
    if (error instanceof GunicornNotFound) return refuse([error.message], error.exitCode);
    throw error;
  }
  let dir: string | undefined;
  try {
    const bases = settings.runtimeDir === "" ? runtimeBases(Deno.env) : [settings.runtimeDir];
    removeStaleDirs(bases);
    dir = makeRuntimeDir(bases);
    const statsd = settings.probe === "off" || sources.statsdAddr !== "default"
      ? settings.statsdAddr
      : undefined;
    return await runIn(dir, { settings, log, words, gunicornArgs, statsd });
  } catch (error) {
    if (error instanceof Refused) return refuse(error.messages, BAD_USAGE);
    if (error instanceof Error && error.message.startsWith("Cannot ")) {
      return refuse([error.message], CANNOT_START);
    }
    throw error;
  } finally {
    if (dir !== undefined) removeDir(dir);
  }
}

/** The command line asks for what cannot be done. */
class Refused extends Error {
  constructor(readonly messages: readonly string[]) {
    super(messages.join("\n"));
  }
}

interface Start {
  readonly settings: Settings;
  readonly log: Logger;
  readonly words: readonly string[];
  readonly gunicornArgs: readonly string[];
  /** Where to hear StatsD; undefined for not at all. */
  readonly statsd: Address | undefined;
}

async function runIn(dir: string, start: Start): Promise<number> {
  const { settings, log, gunicornArgs, statsd } = start;
  const probe = settings.probe === "on";
  const probeFiles = probe ? readProbe() : undefined;
  const wrapperConfig = probeFiles === undefined ? undefined : installProbe(dir, probeFiles);
  const { plan, words, model } = await makePlan(start, wrapperConfig);
  if (plan.errors.length > 0) throw new Refused(plan.errors);
  for (const note of plan.notes) log.info("{note}", { note });
  writeInstance(dir, {
    pid: Deno.pid,
    startTicks: startTicksOf(Deno.pid) ?? 0,
    version: VERSION,
    startedAt: new Date().toISOString(),
    command: gunicornArgs,
  });
  // Everything that can be refused is refused before gunicorn starts: a taken port, a full disk.
  const { initialWorkers, relayTo } = plan;
  const sensing = new Sensing({ dir, probe, statsd, relayTo, initialWorkers, model, log });
  let status: StatusServer | undefined;
  try {
    const identity = {
      version: VERSION,
      pid: Deno.pid,
      startedAtMs: Date.now(),
      application: gunicornArgs.find((word) => !word.startsWith("-")) ?? "gunicorn",
      dryRun: settings.dryRun,
    };
    status = new StatusServer({ dir, settings, identity, log });
    const gunicorn = Gunicorn.start(words, plan);
    return await supervise(gunicorn, sensing, status, start, plan, () => {
      if (probeFiles !== undefined) installProbe(dir, probeFiles);
    });
  } finally {
    await status?.close();
    await sensing.close();
  }
}

interface Planned {
  readonly plan: LaunchPlan;
  readonly words: readonly string[];
  readonly model: WorkerModel;
}

async function makePlan(start: Start, wrapperConfig: string | undefined): Promise<Planned> {
  const { settings, gunicornArgs, words } = start;
  const environment = Deno.env.toObject();
  if (wrapperConfig !== undefined) {
    const plan = planLaunch({ settings, gunicornArgs, environment, wrapperConfig });
    return { plan, words, model: { kind: "unknown", slots: 1 } };
  }
  // Without the probe only the config itself knows the worker class and a StatsD server that it names.
  const inspection = await inspectGunicorn(words, gunicornArgs);
  const interpreter = interpreterOf(words);
  const tied = interpreter === undefined ? words : tiedToParent(interpreter, Deno.pid, words);
  if (isFailure(inspection)) {
    start.log.warn("gunicorn's configuration cannot be read ({problem}): its workers are taken for sync", {
      problem: inspection.problem,
    });
    const plan = planLaunch({ settings, gunicornArgs, environment, wrapperConfig });
    return { plan, words: tied, model: { kind: "sync", slots: 1 } };
  }
  const configuredStatsd = inspection.statsd_host ?? undefined;
  return {
    plan: planLaunch({ settings, gunicornArgs, environment, wrapperConfig, configuredStatsd }),
    words: tied,
    model: workerModel(inspection.worker_class_names, inspection.threads, inspection.worker_connections),
  };
}

async function supervise(
  gunicorn: Gunicorn,
  sensing: Sensing,
  status: StatusServer,
  { settings, log }: Start,
  plan: LaunchPlan,
  beforeReload: () => void,
): Promise<number> {
  sensing.attach(gunicorn);
  const supervisor = new Supervisor({
    sampler: sensing,
    count: sensing.workerCount,
    log,
    settings: policyOf(settings),
    initialWorkers: plan.initialWorkers,
    tickMs: settings.tickMs,
    dryRun: settings.dryRun,
    clock: sensing.clock,
    onTick: status.note,
  });
  status.attach({ supervisor, sensing });
  let ending = false;
  const lifecycle = new Lifecycle({
    gunicorn,
    log,
    stopDeciding: () => {
      ending = true;
      supervisor.stop();
    },
    moveFloor: (by) => supervisor.moveFloor(by),
    beforeReload,
    usr1OpensInspector: usr1OpensInspector(),
  });
  const orphanage = new Orphanage(gunicorn.pid);
  const catchAll = (event: ErrorEvent | PromiseRejectionEvent) => {
    // An error that escaped everything: gunicorn must live on, so it is said and swallowed.
    event.preventDefault();
    log.error("an error escaped ({error}); gunicorn is not affected", {
      error: "reason" in event ? String(event.reason) : event.message,
    });
  };
  globalThis.addEventListener("error", catchAll);
  globalThis.addEventListener("unhandledrejection", catchAll);
  lifecycle.listen();
  try {
    const looping = supervisor.run();
    const exit = await gunicorn.exited;
    const leftovers = remember(leftWorkers(orphanage, sensing.workerPids()));
    supervisor.stop();
    await looping;
    sayEnd(exit, ending, log);
    await endLeftovers(leftovers, LEFTOVER_MS);
    return exit.code;
  } finally {
    orphanage.close();
    lifecycle.close();
    globalThis.removeEventListener("error", catchAll);
    globalThis.removeEventListener("unhandledrejection", catchAll);
  }
}

/** Workers that outlived their master: those known, and those forked too late to be known. */
function leftWorkers(orphanage: Orphanage, known: readonly number[]): number[] {
  const left = orphanage.orphans.filter((pid) => known.includes(pid));
  return [...new Set([...left, ...orphanage.newOrphans])];
}

function sayEnd(exit: Exit, ending: boolean, log: Logger): void {
  if (exit.signal !== null) {
    log.error("gunicorn's master was ended by {signal}", { signal: exit.signal });
  } else if (exit.code !== 0) {
    log.error("gunicorn ended with exit code {code}", { code: exit.code });
  } else if (!ending) {
    log.info("gunicorn ended by itself");
  }
}

/** Newer versions of Deno open the V8 inspector on SIGUSR1 whatever listens. */
function usr1OpensInspector(): boolean {
  const [major = 0, minor = 0] = Deno.version.deno.split(".").map(Number);
  return major > 2 || (major === 2 && minor >= 8);
}

function refuse(messages: readonly string[], code: number): number {
  for (const message of messages) console.error(message);
  return code;
}
