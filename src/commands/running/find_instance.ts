import { type Instance, runningInstances, runtimeBases } from "../../platform/runtime_dir.ts";
import { variable } from "../../settings/environment.ts";
import { seenInstances, userName } from "./seen_instances.ts";

/** A running autoscaler and its private folder. */
export interface RunningInstance {
  readonly dir: string;
  readonly instance: Instance;
}

/**
 * The instance that a command is for: the only one that runs here, or the one named.
 *
 * @param named a pid, or the runtime folder; undefined for the only one
 * @param others users whose autoscalers run here too
 * @returns an error sentence when there is none or more than one
 */
export function chooseInstance(
  named: string | undefined,
  running: readonly RunningInstance[],
  bases: readonly string[],
  others: readonly string[] = [],
): RunningInstance | { readonly error: string } {
  const [other] = others;
  const asThem = other === undefined
    ? undefined
    : `but ${other} runs one, call it as that user: sudo -u ${other} gunicorn-autoscaler ...`;
  if (named !== undefined) {
    const found = running.find((one) => isNamed(one, named));
    if (found !== undefined) return found;
    return {
      error: `Cannot find the instance ${named}: no autoscaler of yours has that pid or folder, ` +
        (running.length > 0 ? `name one of these:\n${list(running)}` : asThem ?? "start one"),
    };
  }
  if (running.length === 1) return running[0]!;
  if (running.length === 0) {
    return {
      error: `Cannot find a running autoscaler: none of yours has its folder in ${bases.join(", ")}, ${
        asThem ?? "start one, or name the folder with --instance DIR"
      }`,
    };
  }
  return {
    error: `Cannot choose an autoscaler: ${running.length} run here, name one with --instance PID:\n${
      list(running)
    }`,
  };
}

/**
 * Looks for running instances where `run` makes their folders and, where that one is not among them and no place is
 * configured, in all folders that running autoscalers have open.
 */
export function findInstance(named: string | undefined): RunningInstance | { readonly error: string } {
  const configured = variable("GUNICORN_AUTOSCALER_RUNTIME_DIR");
  const bases = configured ? [configured] : runtimeBases({ get: variable });
  const parent = named?.includes("/") ? named.replace(/\/+$/, "").replace(/\/[^/]*$/, "") : undefined;
  if (parent !== undefined) bases.unshift(parent === "" ? "/" : parent);
  const unique = [...new Set(bases)];
  const running = runningInstances(unique);
  if (named === undefined ? running.length > 0 : running.some((one) => isNamed(one, named))) {
    return chooseInstance(named, running, unique);
  }
  const seen = seenInstances();
  const own = Deno.uid();
  const others = [...new Set(seen.map(({ uid }) => uid))].filter((uid) => uid !== own).map((uid) =>
    userName(uid)
  );
  if (configured) return chooseInstance(named, running, unique, others);
  const elsewhere = seen.flatMap(({ dir }) => dir === undefined ? [] : [dir.replace(/\/[^/]*$/, "") || "/"]);
  const more = [...new Set(elsewhere)].filter((base) => !unique.includes(base));
  return chooseInstance(named, [...running, ...runningInstances(more)], unique, others);
}

function isNamed({ dir, instance }: RunningInstance, named: string): boolean {
  return dir === named.replace(/\/+$/, "") || String(instance.pid) === named;
}

function list(running: readonly RunningInstance[]): string {
  return running.map(({ dir, instance }) =>
    `  --instance ${instance.pid}  ${instance.command.join(" ")}  (since ${instance.startedAt}, ${dir})`
  ).join("\n");
}
