/**
 * What scaling loses: the number of workers goes up and down under a load of quick requests on new and on kept connections,
 * with requests and event streams of seconds among them; every request is counted. Prints a table in Markdown, and each
 * loss as it was.
 *
 *     deno task bench:loss [--classes sync,gthread,...] [--servers ours,bare] [--changes 200] [--every 250] [--by scale,reload]
 *         [--venv newest]
 */
import { parseArgs } from "@std/cli/parse-args";
import type { VenvName } from "../tests/support/venv.ts";
import { countLosses, type LossResult } from "./loss_run.ts";
import { bare, underUs, workerClasses, type WorkerClassName } from "./loss_servers.ts";

const SERVERS = { ours: underUs, bare };
const KINDS = ["new", "kept", "idle", "slow", "stream"] as const;
const HEAD = ["worker class", "changed by", "changes", "s", "requests", ...KINDS, "failed", "cut"];

/** A row of the table. */
export function row(name: string, by: string, result: LossResult): string {
  const cells = [name, by, result.changes, result.seconds.toFixed(0), result.sent];
  cells.push(...KINDS.map((kind) => result.tallies.get(kind)?.sent ?? 0), result.failed, result.cut);
  return `| ${cells.join(" | ")} |`;
}

async function main(): Promise<number> {
  const args = parseArgs(Deno.args, {
    string: ["classes", "servers", "changes", "every", "venv", "by"],
    default: {
      classes: Object.keys(workerClasses).join(),
      servers: "ours,bare",
      changes: "200",
      every: "250",
      venv: "newest",
      by: "scale",
    },
  });
  const { by: change } = args;
  if (change !== "scale" && change !== "reload") {
    throw new Error(`Cannot count by "${change}": it is neither scale nor reload, correct --by`);
  }
  let lost = 0;
  console.log(`| ${HEAD.join(" | ")} |\n|${" --- |".repeat(HEAD.length)}`);
  for (const name of args.classes.split(",")) {
    const kind = workerClasses[name as WorkerClassName];
    if (kind === undefined) {
      throw new Error(
        `Cannot count for "${name}": it is none of ${
          Object.keys(workerClasses).join(", ")
        }, correct --classes`,
      );
    }
    for (const by of args.servers.split(",")) {
      const startServer = SERVERS[by as keyof typeof SERVERS];
      if (startServer === undefined) {
        throw new Error(`Cannot count with "${by}": it is neither ours nor bare, correct --servers`);
      }
      await using server = await startServer(kind, args.venv as VenvName);
      const result = await countLosses(server, kind, {
        changes: Number(args.changes),
        everyMs: Number(args.every),
        by: change,
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
