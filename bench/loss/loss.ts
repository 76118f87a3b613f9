/**
 * What scaling loses: the number of workers goes up and down, or all are replaced, under a load of which every request is
 * counted. `deno task bench:loss --help`.
 */
import { taskArguments } from "../../tasks/arguments.ts";
import { listOf, oneOf, positive, whole } from "../../tasks/options.ts";
import { requirements, type VenvName } from "../../tests/support/venv.ts";
import { afterWorks, countWork } from "./loss_background.ts";
import { countBoots, IN_TIME_MS, slowBoot } from "./loss_boots.ts";
import { countInMemory } from "./loss_memory.ts";
import { countLosses, type LossResult } from "./loss_run.ts";
import { bare, underUs, type WorkerClass, workerClasses, type WorkerClassName } from "./loss_servers.ts";
import { countStreams, LATE_S, withShortTimeouts } from "./loss_streams.ts";

const SERVERS = { ours: underUs, bare };
type ServerName = keyof typeof SERVERS;
const CASES = ["requests", "streams", "background", "boots", "memory"] as const;
const CLASSES = Object.keys(workerClasses) as WorkerClassName[];
const VENVS = (Object.keys(requirements) as VenvName[]).filter((name) => name !== "uwsgi");
const KINDS = ["new", "kept", "idle", "slow", "stream"] as const;

const HEADS: Record<typeof CASES[number], readonly string[]> = {
  requests: ["worker class", "changed by", "changes", "s", "requests", ...KINDS, "failed", "cut"],
  streams: [
    "worker class",
    "changed by",
    "shrinks",
    "streams ended",
    "last stream s",
    "last worker s",
    "aborted",
    "requests",
    "lost",
  ],
  background: ["work", "changed by", "shrinks", "begun", "lost", "aborted"],
  boots: [
    "2 s boots",
    "changed by",
    "reloads",
    "longest s",
    "requests meanwhile",
    `within ${IN_TIME_MS} ms`,
    "lost",
  ],
  memory: ["MiB", "changed by", "workers", "requests", "answered", "OOM kills", "alive at the end"],
};

/** MiB of a control group, and the fixed numbers of workers that a gunicorn alone is tried with. */
const MEMORY: readonly [number, readonly number[]][] = [[256, [1, 2]], [512, [2, 3, 4]]];
const MEMORY_LOAD = { perSecond: 60, seconds: 10 };

/** A row of the table. */
export function row(name: string, by: string, result: LossResult): string {
  const cells = [name, by, result.changes, result.seconds.toFixed(0), result.sent];
  cells.push(...KINDS.map((kind) => result.tallies.get(kind)?.sent ?? 0), result.failed, result.cut);
  return line(cells);
}

function line(cells: readonly (string | number)[]): string {
  return `| ${cells.join(" | ")} |`;
}

const TASK = {
  command: "deno task bench:loss",
  action: "count the losses",
  about:
    "What scaling loses: the number of workers goes up and down under a load of quick requests, long ones and " +
    "event streams, and every request is counted. Prints a table in Markdown for each case, and each loss as it was.",
  options: {
    cases: listOf(CASES, {
      help: "requests: all kinds under changes. streams: they never end, on workers that go. " +
        "background: work after the response. boots: reloads of workers that boot for 2 s. " +
        "memory: a Django application with pandas in small control groups.",
      default: ["requests"],
    }),
    classes: listOf(CLASSES, { help: "Worker classes, of requests and streams.", default: CLASSES }),
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
  examples: [
    "--classes sync,gthread --servers ours --changes 50",
    "--by reload --changes 10",
    "--cases streams,background,boots --classes gthread,gevent,uvicorn,asgi --changes 5",
  ],
  notes: [
    "Exit codes: 0; 1 when the autoscaler lost a request, a stream was aborted or work lost; 2 for bad usage.",
  ],
};

type Args = ReturnType<typeof taskArguments<typeof TASK.options>>["options"];

/** Runs one case for one server; returns a row, and what was lost. */
type Count = (by: ServerName) => Promise<{ readonly cells: string; readonly lost: number }>;

async function main(): Promise<number> {
  const { options: args } = taskArguments(TASK);
  let lost = 0;
  for (const one of args.cases) {
    console.log(`${line(HEADS[one])}\n|${" --- |".repeat(HEADS[one].length)}`);
    for (const count of counts(one, args)) {
      for (const by of args.servers) {
        const result = await count(by);
        console.log(result.cells);
        if (by === "ours") lost += result.lost;
      }
    }
  }
  return lost === 0 ? 0 : 1;
}

function counts(one: typeof CASES[number], args: Args): Count[] {
  const started = (by: ServerName) => (kind: WorkerClass) => SERVERS[by](kind, args.venv);
  const { changes } = args;
  if (one === "boots") {
    return [async (by) => {
      await using server = await started(by)(slowBoot);
      const { reloads, sent, lost, share, longestS } = await countBoots(server, changes);
      const percent = `${(100 * share).toFixed(2)} %`;
      return { cells: line(["sync", by, reloads, longestS.toFixed(1), sent, percent, lost]), lost };
    }];
  }
  if (one === "memory") {
    return MEMORY.map(([limitMiB, fixed]) => async (by) => {
      const rows: string[] = [];
      let lost = 0;
      for (const workers of by === "ours" ? [undefined] : fixed) {
        const result = await countInMemory(limitMiB, workers, MEMORY_LOAD);
        if (result === undefined) {
          return { cells: "no control group with a memory limit can be made here", lost };
        }
        const { sent, answered, kills, isAlive } = result;
        rows.push(
          line([limitMiB, by, workers ?? "by itself", sent, answered, kills, isAlive ? "yes" : "no"]),
        );
        lost += sent - answered + (isAlive ? 0 : 1);
      }
      return { cells: rows.join("\n"), lost };
    });
  }
  if (one === "background") {
    return afterWorks.map((work) => async (by) => {
      const { shrinks, begun, lost, aborted } = await countWork(work, changes, started(by));
      return { cells: line([work.what, by, shrinks, begun, lost, aborted]), lost: lost + aborted };
    });
  }
  if (one === "streams") {
    return args.classes.filter((name) => name !== "sync").map((name) => async (by) => {
      await using server = await started(by)(withShortTimeouts(workerClasses[name]));
      const { shrinks, ended, streamS, workerS, aborted, sent, lost } = await countStreams(server, changes);
      const isLate = streamS > LATE_S;
      return {
        cells: line([name, by, shrinks, ended, streamS.toFixed(1), workerS.toFixed(1), aborted, sent, lost]),
        lost: lost + aborted + (isLate ? 1 : 0),
      };
    });
  }
  return args.classes.map((name) => async (by) => {
    const kind = workerClasses[name];
    await using server = await started(by)(kind);
    const result = await countLosses(server, kind, { changes, everyMs: args.every, by: args.by });
    for (const loss of result.losses.slice(0, 20)) {
      console.error(`${loss.kind} ${loss.path}: ${loss.outcome} ${loss.error}`);
    }
    return { cells: row(name, by, result), lost: result.failed + result.cut };
  });
}

if (import.meta.main) Deno.exit(await main());
