/**
 * What scaling loses: the number of workers goes up and down under a load of quick requests on new and on kept connections,
 * with requests and event streams of seconds among them; every request is counted. `deno task bench:loss --help`.
 */
import { taskArguments } from "../../tasks/arguments.ts";
import { listOf, oneOf, positive, whole } from "../../tasks/options.ts";
import { requirements, type VenvName } from "../../tests/support/venv.ts";
import { countLosses, type LossResult } from "./loss_run.ts";
import { bare, underUs, workerClasses, type WorkerClassName } from "./loss_servers.ts";

const SERVERS = { ours: underUs, bare };
const CLASSES = Object.keys(workerClasses) as WorkerClassName[];
const VENVS = (Object.keys(requirements) as VenvName[]).filter((name) => name !== "uwsgi");
const KINDS = ["new", "kept", "idle", "slow", "stream"] as const;
const HEAD = ["worker class", "changed by", "changes", "s", "requests", ...KINDS, "failed", "cut"];

/** A row of the table. */
export function row(name: string, by: string, result: LossResult): string {
  const cells = [name, by, result.changes, result.seconds.toFixed(0), result.sent];
  cells.push(...KINDS.map((kind) => result.tallies.get(kind)?.sent ?? 0), result.failed, result.cut);
  return `| ${cells.join(" | ")} |`;
}

const TASK = {
  command: "deno task bench:loss",
  action: "count the losses",
  about:
    "What scaling loses: the number of workers goes up and down under a load of quick requests, long ones and " +
    "event streams, and every request is counted. Prints a table in Markdown, and each loss as it was.",
  options: {
    classes: listOf(CLASSES, { help: "Worker classes.", default: CLASSES }),
    servers: listOf(["ours", "bare"], {
      help: "gunicorn under the autoscaler, and without.",
      default: ["ours", "bare"],
    }),
    changes: whole(1, { help: "So many, one after the other.", default: 200 }),
    every: positive({
      placeholder: "MS",
      help: "From one change to the next; longer when gunicorn takes longer.",
      default: 250,
    }),
    by: oneOf(["scale", "reload"], {
      help: "What a change is: another number of workers (scale), or other workers (reload).",
      default: "scale",
    }),
    venv: oneOf(VENVS, { help: `The gunicorn: ${VENVS.join(", ")}.`, default: "newest" }),
  },
  examples: ["--classes sync,gthread --servers ours --changes 50", "--by reload --changes 10"],
  notes: ["Exit codes: 0; 1 when the autoscaler lost a request; 2 for bad usage."],
};

async function main(): Promise<number> {
  const { options: args } = taskArguments(TASK);
  let lost = 0;
  console.log(`| ${HEAD.join(" | ")} |\n|${" --- |".repeat(HEAD.length)}`);
  for (const name of args.classes) {
    const kind = workerClasses[name];
    for (const by of args.servers) {
      await using server = await SERVERS[by](kind, args.venv);
      const result = await countLosses(server, kind, {
        changes: args.changes,
        everyMs: args.every,
        by: args.by,
      });
      console.log(row(name, by, result));
      for (const loss of result.losses.slice(0, 20)) {
        console.error(`${loss.kind} ${loss.path}: ${loss.outcome} ${loss.error}`);
      }
      if (by === "ours") lost += result.failed + result.cut;
    }
  }
  return lost === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main());
