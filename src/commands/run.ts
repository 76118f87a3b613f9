import { UserError } from "../error_text.ts";
import type { Flags } from "../cli/cli.ts";
import { EarlySignals, unblockNeeded } from "../platform/early_signals.ts";
import { givenBounds } from "../gunicorn/launch_plan.ts";
import { CommandError, findGunicorn, findWords } from "../gunicorn/find.ts";
import { fillWithProbe, type ProbeFiles, readProbe, wrapperIn } from "../gunicorn/probe_install.ts";
import { Gunicorn } from "../gunicorn/process.ts";
import { activatedSockets, OURS, withCmdArgs, withListenPid } from "../gunicorn/service_environment.ts";
import { redactedArguments } from "../gunicorn/redacted_arguments.ts";
import { replaceableIn, runtimeBases, writeInstance } from "../platform/runtime_dir.ts";
import { startTicksOf } from "../platform/process_id.ts";
import { Cgroup } from "../sensors/machine/cgroup.ts";
import { readCores } from "../sensors/machine/cores.ts";
import { freeBytes } from "../sensors/machine/memory_use.ts";
import type { Daemon } from "../sensors/probe/prepared_start.ts";
import { variable } from "../settings/environment.ts";
import type { Address } from "../settings/setting_types.ts";
import type { Settings } from "../settings/settings.ts";
import { ownAddress } from "../sensors/statsd/own_address.ts";
import { cappedMaximum, type Resolved } from "../settings/settings_sources.ts";
import { listenTcp } from "../status/http/listen.ts";
import { openInputs } from "../supervisor/sensing_inputs.ts";
import { VERSION } from "../version.ts";
import { daemonMode } from "../supervisor/daemon_mode.ts";
import { DeferredLog } from "./deferred_log.ts";
import { type LaunchRequest, prepareLaunch, userChangeProblem } from "./launch.ts";
import { ownFolder } from "./own_folder.ts";
import type { Recorder } from "./recorder.ts";
import { BAD_USAGE, FAILED, NO_APPLICATION, refuse } from "./refusal.ts";
import { RuntimeFolder } from "./runtime_folder.ts";
import { readSettings } from "./settings_input.ts";

/** `run`: starts gunicorn, scales it, and returns the exit code. */
export function run(flags: Flags, gunicornArgs: readonly string[]): Promise<number> {
  return start(flags, (settings) => ({
    words: findGunicorn(settings.gunicorn, variable("PATH"), ownFolder()),
    gunicornArgs,
    isProgram: false,
  }));
}

/** `exec`: starts a program that starts gunicorn itself, scales that gunicorn, and returns the program's exit code. */
export function exec(flags: Flags, program: readonly string[]): Promise<number> {
  return start(flags, (settings) => {
    if (settings.probe === "off") {
      throw new BadUsage(["Cannot exec with --probe off: the probe is how gunicorn is found, leave it on"]);
    }
    return { words: findWords(program, variable("PATH")), gunicornArgs: [], isProgram: true };
  });
}

/** The command that is started. */
type StartCommand = Pick<RunRequest, "words" | "gunicornArgs" | "isProgram">;

async function start(flags: Flags, find: (settings: Settings) => StartCommand): Promise<number> {
  const mode = daemonMode();
  const cgroup = new Cgroup();
  const { limit: cores, isWholeMachine } = readCores(cgroup);
  const resolved = await readSettings(flags, { cores, isWholeMachine });
  const { sources, errors, warnings } = resolved;
  if (errors.length > 0) return refuse(errors, BAD_USAGE);
  const settings = withOwnAddress(resolved);
  const log = new DeferredLog(settings.logLevel, settings.logFormat);
  for (const warning of warnings) log.warn("{warning}", { warning });
  const capped = cappedMaximum(resolved, cores);
  if (capped !== undefined) log.info("{capped}", { capped });
  await unblockSignals(log);
  // gunicorn refuses an empty number of workers.
  if (variable("WEB_CONCURRENCY")?.trim() === "") Deno.env.delete("WEB_CONCURRENCY");
  try {
    const found = find(settings);
    const { words, isProgram, gunicornArgs } = found;
    const problem = settings.probe === "on" ? userChangeProblem(words, Deno.uid()) : undefined;
    if (problem !== undefined) throw new BadUsage([problem]);
    const probeFiles = settings.probe === "on" ? readProbe() : undefined;
    using folder = makeFolder(settings, probeFiles, log);
    const isStatsdUsed = settings.probe === "off" || sources.statsdAddr !== "default";
    const { code, daemon } = await runIn(folder, {
      ...found,
      settings,
      sources,
      log,
      statsd: isStatsdUsed ? settings.statsdAddr : undefined,
      probeFiles,
      freeBytes: freeBytes(cgroup),
      daemonMode: isProgram && mode === "restart" ? "foreground" : mode,
    });
    if (daemon !== undefined) {
      const { goToBackground } = await import("../supervisor/background.ts");
      await goToBackground(daemon, await log.open());
    }
    if (code !== FAILED || isProgram) return code;
    // gunicorn has reported that and ended with 1; for the user it is an error of the command line.
    const { namesNothing } = await import("../gunicorn/application.ts");
    return namesNothing(words, gunicornArgs) ? refuse([NO_APPLICATION], BAD_USAGE) : code;
  } catch (error) {
    await log.flush();
    return refused(error);
  }
}

/** Takes off the block that our parent has put on signals that we need. */
async function unblockSignals(log: DeferredLog): Promise<void> {
  const unblocked = await unblockNeeded();
  if (unblocked.length === 0) return;
  log.warn(
    "{signals} were blocked by what started this, and no longer are: workers could not be told to go",
    {
      signals: unblocked.join(", "),
    },
  );
}

/** The runtime folder, with the probe in it. */
function makeFolder(settings: Settings, probe: ProbeFiles | undefined, log: DeferredLog): RuntimeFolder {
  const bases = settings.runtimeDir === "" ? runtimeBases({ get: variable }) : [settings.runtimeDir];
  const folder = new RuntimeFolder(bases, probe && ((dir) => fillWithProbe(dir, probe)));
  const base = folder.path.slice(0, folder.path.lastIndexOf("/"));
  const risk = replaceableIn(base);
  if (risk !== undefined) {
    // Not a warning: in a container, where volumes are open to all, there is often no other user.
    log.info(
      "{base} {risk}: others could put a folder in the place of the runtime folder, name a safer one with --runtime-dir",
      { base, risk },
    );
  }
  return folder;
}

/** Prints why nothing was started, and returns the exit code. Throws what is no refusal. */
function refused(error: unknown): number {
  if (error instanceof CommandError) return refuse([error.message], error.exitCode);
  if (error instanceof BadUsage) return refuse(error.messages, BAD_USAGE);
  if (error instanceof UserError) return refuse([error.message], FAILED);
  throw error;
}

/** Without the probe StatsD is needed: its default address must be one that this machine has. */
function withOwnAddress({ settings, sources }: Resolved): Settings {
  if (settings.probe === "on" || sources.statsdAddr !== "default") return settings;
  return { ...settings, statsdAddr: ownAddress(settings.statsdAddr) };
}

/** The command line or a setting is invalid. */
class BadUsage extends Error {
  constructor(readonly messages: readonly string[]) {
    super(messages.join("\n"));
  }
}

/** What is to be started, and where its signals come from. */
interface RunRequest extends LaunchRequest {
  /** Address to receive StatsD on; undefined for none. */
  readonly statsd: Address | undefined;
  /** undefined with the probe off. */
  readonly probeFiles: ProbeFiles | undefined;
  /** The words are a program that starts gunicorn itself. */
  readonly isProgram: boolean;
}

/** How it ended. */
interface RunEnd {
  readonly code: number;
  /** gunicorn is to be started again in the background. */
  readonly daemon: Daemon | undefined;
}

async function runIn(folder: RuntimeFolder, request: RunRequest): Promise<RunEnd> {
  const { log, statsd, isProgram, probeFiles } = request;
  const dir = folder.path;
  const probe = probeFiles !== undefined;
  const wrapperConfig = probe ? wrapperIn(dir) : undefined;
  const { plan, words, model } = await prepareLaunch(request, wrapperConfig);
  if (plan.errors.length > 0) throw new BadUsage(plan.errors);
  for (const note of plan.notes) log.info("{note}", { note });
  const { minWorkers, maxWorkers } = plan;
  const settings = { ...request.settings, minWorkers, maxWorkers };
  const instance = {
    pid: Deno.pid,
    startTicks: startTicksOf(Deno.pid) ?? 0,
    version: VERSION,
    startedAt: new Date().toISOString(),
    command: shownCommand(request),
  };
  writeInstance(dir, instance);
  // All that can fail fails before gunicorn starts: a taken port, a full disk.
  await using inputs = await openInputs({
    dir,
    probe,
    forkServer: settings.forkServer,
    lingerMs: Math.round(settings.lingerSeconds * 1000),
    statsd,
    relayTo: plan.relayTo,
    prepared: plan.prepared,
  });
  using listener = settings.statusAddr === "off" ? undefined : listenTcp(settings.statusAddr);
  using recorder = settings.record === "" ? undefined : await openRecorder(settings, log);
  const environment = Deno.env.toObject();
  using early = new EarlySignals();
  const gunicorn = startGunicorn(
    isProgram ? words : [...words, ...plan.args],
    environment,
    isProgram ? withCmdArgs(environment, wrapperConfig!) : {},
  );
  // Whatever its start does not need is loaded while it starts.
  const { whileRunning } = await import("./while_running.ts");
  const code = await whileRunning({
    gunicorn,
    early,
    folder,
    probeFiles,
    instance,
    plan,
    bounds: givenBounds(request),
    model,
    inputs,
    listener,
    recorder,
    environment,
    isProgram,
    settings,
    log: await log.open(),
  });
  return { code, daemon: code === 0 ? inputs.arbiterFile?.daemon() : undefined };
}

/** The command as status pages and `--instance` show it. */
function shownCommand({ words, gunicornArgs, isProgram }: RunRequest): readonly string[] {
  return isProgram ? [words[0]!.split("/").at(-1)!] : redactedArguments(gunicornArgs);
}

async function openRecorder(settings: Settings, log: DeferredLog): Promise<Recorder> {
  const { Recorder } = await import("./recorder.ts");
  const { monotonicNs } = await import("../platform/libc.ts");
  return Recorder.open(settings, monotonicNs() / 1e6, await log.open());
}

/** Starts gunicorn in our environment, its bytes as they came, without systemd's variables that are for us. */
function startGunicorn(
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
  added: Readonly<Record<string, string>>,
): Gunicorn {
  for (const name of OURS) {
    Deno.env.delete(name);
    if (environment[name]) Deno.env.set(`_AUTOSCALER_${name}`, environment[name]);
  }
  return Gunicorn.start({
    words: activatedSockets(environment, Deno.pid) ? withListenPid(words) : words,
    added,
  });
}
