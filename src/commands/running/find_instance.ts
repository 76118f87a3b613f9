import { type Instance, runningInstances, runtimeBases } from "../../platform/runtime_dir.ts";
import { variable } from "../../settings/environment.ts";

/** A running autoscaler and its private folder. */
export interface RunningInstance {
  readonly dir: string;
  readonly instance: Instance;
}

/**
 * The instance that a command is for: the only one that runs here, or the one named.
 *
 * @param named a pid, or the runtime folder; undefined for the only one
 * @returns an error sentence when there is none or more than one
 */
export function chooseInstance(
  named: string | undefined,
  running: readonly RunningInstance[],
  bases: readonly string[],
): RunningInstance | { readonly error: string } {
  if (named !== undefined) {
    const folder = named.replace(/\/+$/, "");
    const found = running.find(({ dir, instance }) => dir === folder || String(instance.pid) === named);
    if (found !== undefined) return found;
    return {
      error: `Cannot find the instance ${named}: no autoscaler of yours has that pid or folder, ` +
        (running.length === 0 ? "start one" : `name one of these:\n${list(running)}`),
    };
  }
  if (running.length === 1) return running[0]!;
  if (running.length === 0) {
    return {
      error: `Cannot find a running autoscaler: none of yours has its folder in ${bases.join(", ")}, ` +
        "start one, or name the folder with --instance DIR",
    };
  }
  return {
    error: `Cannot choose an autoscaler: ${running.length} run here, name one with --instance PID:\n${
      list(running)
    }`,
  };
}

/** Looks for running instances where `run` makes their folders. */
export function findInstance(named: string | undefined): RunningInstance | { readonly error: string } {
  const configured = variable("GUNICORN_AUTOSCALER_RUNTIME_DIR");
  const bases = configured ? [configured] : runtimeBases({ get: variable });
  const parent = named?.includes("/") ? named.replace(/\/+$/, "").replace(/\/[^/]*$/, "") : undefined;
  if (parent !== undefined) bases.unshift(parent === "" ? "/" : parent);
  const unique = [...new Set(bases)];
  return chooseInstance(named, runningInstances(unique), unique);
}

function list(running: readonly RunningInstance[]): string {
  return running.map(({ dir, instance }) =>
    `  --instance ${instance.pid}  ${instance.command.join(" ")}  (since ${instance.startedAt}, ${dir})`
  ).join("\n");
}
