import type { Logger } from "@logtape/logtape";
import type { Flags } from "../cli/cli.ts";
import { EarlySignals } from "../platform/early_signals.ts";
import { applicationOf, mayNameApplication } from "../gunicorn/application.ts";
import { shellWords } from "../gunicorn/arguments.ts";
import { givenBounds } from "../gunicorn/launch_plan.ts";
import { findGunicorn, findWords, GunicornNotFound } from "../gunicorn/find.ts";
import { installProbe, PROBE_NAMES, readProbe } from "../gunicorn/probe_install.ts";
import { Gunicorn } from "../gunicorn/process.ts";
import { activatedSockets, OURS, withCmdArgs, withListenPid } from "../gunicorn/service_environment.ts";
import { redactedArguments } from "../gunicorn/redacted_arguments.ts";
import { openLog } from "../log.ts";
import { INSTANCE_FILE, replaceableIn, runtimeBases, writeInstance } from "../platform/runtime_dir.ts";
import { startTicksOf } from "../platform/process_id.ts";
import { Machine } from "../sensors/machine/machine.ts";
import { Sensing } from "../supervisor/sensing.ts";
import type { Address } from "../settings/setting_types.ts";
import type { Settings } from "../settings/settings.ts";
import { cappedMaximum } from "../settings/settings_sources.ts";
import { serviceManager } from "../status/systemd/notify_socket.ts";
import { ServiceNotices } from "../status/systemd/service_notices.ts";
import { StatusServer } from "../status/http/status_server.ts";
import { VERSION } from "../version.ts";
import { StartCount } from "../supervisor/start_count.ts";
import { type LaunchRequest, prepareLaunch } from "./launch.ts";
import { ownFolder } from "./own_folder.ts";
import { Recorder } from "./recorder.ts";
import { BAD_USAGE, FAILED, refuse } from "./refusal.ts";
import { RuntimeFolder } from "./runtime_folder.ts";
import { readSettings } from "./settings_input.ts";
import { userChangeProblem } from "./start_rows.ts";
import { supervise } from "./supervise.ts";

/** `run`: starts gunicorn, scales it, and returns the exit code. */
export function run(flags: Flags, gunicornArgs: readonly string[]): Promise<number> {
  return start(flags, (settings) => ({
    words: findGunicorn(settings.gunicorn, Deno.env.get("PATH"), ownFolder()),
    gunicornArgs,
    isProgram: false,
  }));
}

/** `exec`: starts a program that starts gunicorn itself, scales that gunicorn, and returns the program's exit code. */
export function exec(flags: Flags, program: readonly string[]): Promise<number> {
  return start(flags, (settings) => {
    if (settings.probe === "off") {
      throw new Refused(["Cannot exec with --probe off: the probe is how gunicorn is found, leave it on"]);
    }
    return { words: findWords(program, Deno.env.get("PATH")), gunicornArgs: [], isProgram: true };
  });
}

async function start(
  flags: Flags,
  find: (settings: Settings) => Pick<Start, "words" | "gunicornArgs" | "isProgram">,
): Promise<number> {
  const limits = new Machine().limits();
  const resolved = readSettings(flags, limits);
  const { settings, sources, errors, warnings } = resolved;
  if (errors.length > 0) return refuse(errors, BAD_USAGE);
  const log = openLog(settings.logLevel, settings.logFormat);
  for (const warning of warnings) log.warn("{warning}", { warning });
  const capped = cappedMaximum(resolved, limits.cores);
  if (capped !== undefined) log.info("{capped}", { capped });
  // gunicorn refuses an empty number of workers.
  if (Deno.env.get("WEB_CONCURRENCY")?.trim() === "") Deno.env.delete("WEB_CONCURRENCY");
  try {
    const found = find(settings);
    const problem = settings.probe === "on" ? userChangeProblem(found.words, Deno.uid()) : undefined;
    if (problem !== undefined) throw new Refused([problem]);
    const bases = settings.runtimeDir === "" ? runtimeBases(Deno.env) : [settings.runtimeDir];
    using folder = new RuntimeFolder(bases);
    const base = folder.path.slice(0, folder.path.lastIndexOf("/"));
    const risk = replaceableIn(base);
    if (risk !== undefined) {
      // Not a warning: in a container, where volumes are open to all, there is often no other user.
      log.info(
        "{base} {risk}: others could put a folder in the place of the runtime folder, name a safer one with --runtime-dir",
        { base, risk },
      );
    }
    const statsd = settings.probe === "off" || sources.statsdAddr !== "default"
      ? settings.statsdAddr
      : undefined;
    const code = await runIn(folder, { settings, sources, log, statsd, ...found });
    const isBadUsage = code === FAILED && !found.isProgram && namesNothing(found.gunicornArgs);
    return isBadUsage ? BAD_USAGE : code;
  } catch (error) {
    if (error instanceof GunicornNotFound) return refuse([error.message], error.exitCode);
    if (error instanceof Refused) return refuse(error.messages, BAD_USAGE);
    if (error instanceof Error && error.message.startsWith("Cannot ")) {
      return refuse([error.message], FAILED);
    }
    throw error;
  }
}

/** No application anywhere: gunicorn has reported it and ended with 1; for the user it is an error of the command line. */
function namesNothing(gunicornArgs: readonly string[]): boolean {
  const all = [...gunicornArgs, ...shellWords(Deno.env.get("GUNICORN_CMD_ARGS") ?? "")];
  let hasDefaultConfig = false;
  try {
    hasDefaultConfig = Deno.statSync("gunicorn.conf.py").isFile;
  } catch {
    // Missing or unreadable: gunicorn looks for itself.
  }
  if (mayNameApplication(all, hasDefaultConfig)) return false;
  console.error(
    "Name an application, such as myapp:app, or a config with -c; see gunicorn-autoscaler --help",
  );
  return true;
}

/** The command line is invalid. */
class Refused extends Error {
  constructor(readonly messages: readonly string[]) {
    super(messages.join("\n"));
  }
}

/** What is to be started, and where its signals come from. */
interface Start extends LaunchRequest {
  /** Address to receive StatsD on; undefined for none. */
  readonly statsd: Address | undefined;
  /** The words are a program that starts gunicorn itself. */
  readonly isProgram: boolean;
}

async function runIn(folder: RuntimeFolder, start: Start): Promise<number> {
  const { log, gunicornArgs, statsd, isProgram } = start;
  const dir = folder.path;
  const probe = start.settings.probe === "on";
  const probeFiles = probe ? readProbe() : undefined;
  const wrapperConfig = probeFiles === undefined ? undefined : installProbe(dir, probeFiles);
  const { plan, words, model } = await prepareLaunch(start, wrapperConfig);
  if (plan.errors.length > 0) throw new Refused(plan.errors);
  for (const note of plan.notes) log.info("{note}", { note });
  const { initialWorkers, relayTo, isFound, prepared, minWorkers, maxWorkers } = plan;
  const settings = { ...start.settings, minWorkers, maxWorkers };
  const spoken = isProgram ? [start.words[0]!.split("/").at(-1)!] : redactedArguments(gunicornArgs);
  const instance = {
    pid: Deno.pid,
    startTicks: startTicksOf(Deno.pid) ?? 0,
    version: VERSION,
    startedAt: new Date().toISOString(),
    command: spoken,
  };
  writeInstance(dir, instance);
  // All that can fail fails before gunicorn starts: a taken port, a full disk.
  const sensing = new Sensing({
    dir,
    probe,
    forkServer: settings.forkServer,
    lingerMs: Math.round(settings.lingerSeconds * 1000),
    statsd,
    relayTo,
    prepared,
    model,
    isProgram,
    log,
  });
  let status: StatusServer | undefined;
  let recorder: Recorder | undefined;
  let notices: ServiceNotices | undefined;
  try {
    const identity = {
      version: VERSION,
      pid: Deno.pid,
      startedAtMs: Date.now(),
      application: applicationOf(spoken),
      dryRun: settings.dryRun,
    };
    status = new StatusServer({ dir, settings, identity, log });
    if (settings.record !== "") recorder = Recorder.open(settings, sensing.clock(), log);
    sayStart(settings, log);
    const manager = serviceManager(Deno.env, Deno.pid);
    notices = manager === undefined ? undefined : new ServiceNotices(manager);
    using early = new EarlySignals();
    const gunicorn = isProgram
      ? startGunicorn(words, withCmdArgs(Deno.env.toObject(), wrapperConfig!))
      : startGunicorn([...words, ...plan.args], {});
    const startCount = new StartCount({
      arbiter: () => sensing.arbiter,
      bounds: givenBounds(start),
      dryRun: settings.dryRun,
      log,
    });
    const installAgain = () => {
      if (probeFiles !== undefined) installProbe(dir, probeFiles);
    };
    using _kept = folder.keep([
      { name: INSTANCE_FILE, make: () => writeInstance(dir, instance) },
      ...(probeFiles === undefined ? [] : PROBE_NAMES.map((name) => ({ name, make: installAgain }))),
      ...sensing.files,
      status.socket,
    ], log);
    return await supervise({
      gunicorn,
      early,
      sensing,
      status,
      recorder,
      notices,
      settings,
      log,
      initialWorkers,
      found: isFound && probe ? startCount.found : undefined,
      beforeReload: installAgain,
      beat: () => folder.beat(),
    });
  } finally {
    recorder?.close();
    notices?.close();
    await status?.close();
    await sensing.close();
  }
}

/** Starts gunicorn in our environment, its bytes as they came, without systemd's variables that are for us. */
function startGunicorn(words: readonly string[], added: Readonly<Record<string, string>>): Gunicorn {
  const hasSockets = activatedSockets(Deno.env.toObject(), Deno.pid) > 0;
  for (const name of OURS) Deno.env.delete(name);
  return Gunicorn.start({ words: hasSockets ? withListenPid(words) : words, added });
}

/** The first line of the log: version and bounds. */
function sayStart(settings: Settings, log: Logger): void {
  const { minWorkers, maxWorkers, sloP95Ms, dryRun } = settings;
  log.info(
    `gunicorn-autoscaler {version}: {min} to {max} workers, p95 within {slo} ms${dryRun ? "; dry run" : ""}`,
    { version: VERSION, min: minWorkers, max: maxWorkers, slo: sloP95Ms },
  );
}
