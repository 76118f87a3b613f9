import type { Maybe, WorkerModel } from "../core/sample.ts";
import { type LaunchPlan, mappedArguments, planLaunch } from "../gunicorn/launch_plan.ts";
import { tiedToParent } from "../gunicorn/parent_death.ts";
import type { DaemonMode } from "../sensors/probe/prepared_start.ts";
import type { Settings } from "../settings/settings.ts";
import type { Resolved } from "../settings/settings_sources.ts";
import type { DeferredLog } from "./deferred_log.ts";

/** What is to be started. */
export interface LaunchRequest {
  readonly settings: Settings;
  readonly sources: Resolved["sources"];
  readonly log: DeferredLog;
  /** The words that start gunicorn. */
  readonly words: readonly string[];
  readonly gunicornArgs: readonly string[];
  /** What becomes of a daemon. */
  readonly daemonMode: DaemonMode;
  /** Memory that is free. */
  readonly freeBytes: Maybe<number>;
}

/** How it will be started, and how its workers serve as far as that is known before. */
export interface Launch {
  readonly plan: LaunchPlan;
  readonly words: readonly string[];
  readonly model: WorkerModel;
}

/** Plans the launch. Without the probe gunicorn's configuration is read first, in about 0.1 s. */
export async function prepareLaunch(
  request: LaunchRequest,
  wrapperConfig: string | undefined,
): Promise<Launch> {
  const { settings, sources, gunicornArgs, words, daemonMode, freeBytes } = request;
  const environment = Deno.env.toObject();
  if (wrapperConfig !== undefined) {
    const plan = planLaunch({
      settings,
      sources,
      gunicornArgs,
      environment,
      wrapperConfig,
      daemonMode,
      freeBytes,
    });
    return { plan, words, model: { kind: "unknown", slots: 1 } };
  }
  // Without the probe only the config itself knows the worker class and a StatsD server that it names.
  const { inspectGunicorn, interpreterOf, isFailure } = await import("../gunicorn/inspect.ts");
  const { workerModel } = await import("../gunicorn/worker_model.ts");
  const inspection = await inspectGunicorn(words, mappedArguments(settings, gunicornArgs));
  const interpreter = interpreterOf(words);
  const tied = interpreter === undefined ? words : tiedToParent(interpreter, Deno.pid, words);
  if (isFailure(inspection)) {
    request.log.warn("Cannot read gunicorn's configuration: {problem}, its workers count as sync", {
      problem: inspection.problem,
    });
    const plan = planLaunch({ settings, sources, gunicornArgs, environment, wrapperConfig, freeBytes });
    return { plan, words: tied, model: { kind: "sync", slots: 1 } };
  }
  return {
    plan: planLaunch({ settings, sources, gunicornArgs, environment, wrapperConfig, freeBytes, inspection }),
    words: tied,
    model: workerModel(inspection.worker_class_names, inspection.threads, inspection.worker_connections),
  };
}

/** Programs that run another one as another user. */
const USER_CHANGERS = [
  "gosu",
  "su-exec",
  "setpriv",
  "runuser",
  "su",
  "sudo",
  "setuidgid",
  "s6-setuidgid",
  "chpst",
];

/**
 * Why gunicorn cannot be started by a launcher that gives up root: it could not read the runtime folder, which is ours
 * alone. undefined when there is none.
 */
export function userChangeProblem(words: readonly string[], uid: number | null): string | undefined {
  if (uid !== 0) return undefined;
  const at = words.findIndex((word) => USER_CHANGERS.includes(word.split("/").at(-1)!));
  if (at < 0) return undefined;
  const name = words[at]!.split("/").at(-1)!;
  const rest = words.slice(at + 1);
  if (name === "setpriv" && !rest.some((word) => word.startsWith("--reuid"))) return undefined;
  if (["root", "0", "root:root", "0:0"].includes(rest[0] ?? "")) return undefined;
  return `Cannot start gunicorn through ${name}: the user it changes to cannot read our runtime folder, put ${name} before ` +
    `gunicorn-autoscaler (${name} USER gunicorn-autoscaler ...)`;
}
