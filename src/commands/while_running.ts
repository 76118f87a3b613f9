import type { Logger } from "@logtape/logtape";
import type { WorkerModel } from "../core/sample.ts";
import { applicationOf } from "../gunicorn/application.ts";
import type { LaunchPlan } from "../gunicorn/launch_plan.ts";
import { installProbe, PROBE_NAMES, type ProbeFiles } from "../gunicorn/probe_install.ts";
import type { Gunicorn } from "../gunicorn/process.ts";
import type { GivenBounds } from "../gunicorn/start_numbers.ts";
import type { EarlySignals } from "../platform/early_signals.ts";
import { type Instance, INSTANCE_FILE, writeInstance } from "../platform/runtime_dir.ts";
import type { Settings } from "../settings/settings.ts";
import { StatusServer } from "../status/http/status_server.ts";
import { serviceManager } from "../status/systemd/notify_socket.ts";
import { ServiceNotices } from "../status/systemd/service_notices.ts";
import { Sensing } from "../supervisor/sensing.ts";
import type { SensingInputs } from "../supervisor/sensing_inputs.ts";
import { StartCount } from "../supervisor/start_count.ts";
import { VERSION } from "../version.ts";
import type { Recorder } from "./recorder.ts";
import type { RuntimeFolder } from "./runtime_folder.ts";
import { supervise } from "./supervise.ts";

/** A gunicorn that was just started, and what was opened for it. */
export interface RunParts {
  readonly gunicorn: Gunicorn;
  /** Signals that came since. */
  readonly early: EarlySignals;
  readonly folder: RuntimeFolder;
  /** undefined with the probe off. */
  readonly probeFiles: ProbeFiles | undefined;
  readonly instance: Instance;
  readonly plan: LaunchPlan;
  readonly bounds: GivenBounds;
  /** The workers by the command line, until the probe reports. */
  readonly model: WorkerModel;
  readonly inputs: SensingInputs;
  /** What listens on --status-addr; undefined where that is off. */
  readonly listener: Deno.Listener | undefined;
  /** undefined: nothing is recorded. */
  readonly recorder: Recorder | undefined;
  /** Our environment, with systemd's variables, which gunicorn does not get. */
  readonly environment: Readonly<Record<string, string>>;
  /** What was started is a program that starts gunicorn itself. */
  readonly isProgram: boolean;
  /** With the bounds of the plan. */
  readonly settings: Settings;
  readonly log: Logger;
}

/** Shows and scales it until it ends, and returns its exit code. */
export async function whileRunning(parts: RunParts): Promise<number> {
  const { gunicorn, early, folder, probeFiles, instance, plan, inputs, recorder, settings, log } = parts;
  const dir = folder.path;
  const { initialWorkers } = plan;
  const sensing = new Sensing({
    dir,
    inputs,
    initialWorkers: plan.prepared.initialWorkers,
    model: parts.model,
    isProgram: parts.isProgram,
    needProbe: [
      ...(settings.forkServer === "off" ? [] : ["--fork-server"]),
      ...(settings.sleepAfter > 0 ? ["--sleep-after"] : []),
    ],
    log,
  });
  const identity = {
    version: VERSION,
    pid: Deno.pid,
    startedAtMs: Date.now(),
    startedMs: sensing.clock(),
    application: applicationOf(instance.command),
    dryRun: settings.dryRun,
  };
  const status = new StatusServer({ dir, settings, listener: parts.listener, identity, log });
  sayStart(settings, log);
  const manager = serviceManager(new Map(Object.entries(parts.environment)), Deno.pid);
  const notices = manager === undefined ? undefined : new ServiceNotices(manager, sensing.clock);
  const startCount = new StartCount({
    arbiter: () => sensing.arbiter,
    startedWith: () => sensing.startedWith,
    given: plan.givenWorkers,
    bounds: parts.bounds,
    fitting: plan.prepared.fittingWorkers,
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
    ...status.files,
  ], log);
  folder.removeStale();
  try {
    return await supervise({
      gunicorn,
      early,
      sensing,
      status,
      recorder,
      notices,
      isProgram: parts.isProgram,
      settings,
      log,
      initialWorkers,
      found: probeFiles === undefined ? undefined : startCount.found,
      beforeReload: installAgain,
      beat: () => folder.beat(),
    });
  } finally {
    notices?.close();
    await status.close();
    sensing.close();
  }
}

/** The first line of the log: version and bounds. */
function sayStart(settings: Settings, log: Logger): void {
  const { minWorkers, maxWorkers, sloP95Ms, dryRun } = settings;
  log.info(
    `gunicorn-autoscaler {version}: {min} to {max} workers, p95 within {slo} ms${dryRun ? "; dry run" : ""}`,
    { version: VERSION, min: minWorkers, max: maxWorkers, slo: sloP95Ms },
  );
}
