/**
 * Real servers, one after the other, under the same seeded open-loop load.
 *
 *     deno task bench [--scenario burst,cpu] [--rivals ours,uwsgi-busyness] [--json FILE] [--seed 1] [--set NAME=VALUE]
 *
 * `--print` only prints what the file holds; `--markdown` prints tables for a document. Results of the same file are
 * kept and replaced run by run, so that a long benchmark can be done in parts.
 */
import { parseArgs } from "@std/cli/parse-args";
import { isAbsent, readResults, writeResults } from "./results.ts";
import { rivalsNamed } from "./rivals.ts";
import { runOne } from "./run.ts";
import { scenariosNamed } from "./scenarios.ts";
import { benchFolder } from "./setup.ts";
import { markdownTable, percent, table } from "./table.ts";

async function main(): Promise<void> {
  const args = parseArgs(Deno.args, {
    string: ["scenario", "rivals", "json", "seed"],
    boolean: ["print", "markdown"],
    collect: ["set"],
    default: { seed: "1" },
  });
  const folder = await benchFolder();
  await Deno.mkdir(`${folder}/logs`, { recursive: true });
  const file = String(args.json ?? `${folder}/results.json`);
  const scenarios = scenariosNamed(list(args.scenario));
  const rivals = rivalsNamed(list(args.rivals));
  const env = Object.fromEntries(
    (args.set as string[] | undefined ?? []).map((
      one,
    ) => [one.slice(0, one.indexOf("=")), one.slice(one.indexOf("=") + 1)]),
  );

  for (const scenario of scenarios) {
    for (const rival of args.print ? [] : rivals) {
      const logFile = `${folder}/logs/${scenario.name}-${rival.name}.log`;
      const result = await runOne(scenario, rival, { seed: Number(args.seed), env, logFile });
      console.error(
        `${scenario.name}, ${rival.label}: ${
          isAbsent(result) ? result.absent : percent(result.shareWithinSlo, 2)
        }`,
      );
      const results = await readResults(file); // read again each time: another part may have written meanwhile
      results.machine = await machine();
      (results.scenarios[scenario.name] ??= {})[rival.name] = result;
      await writeResults(file, results);
    }
  }
  const results = await readResults(file);
  const draw = args.markdown ? markdownTable : table;
  for (const scenario of scenarios) {
    console.log(`\n${draw(scenario, results.scenarios[scenario.name] ?? {})}`);
  }
}

function list(text: unknown): string[] {
  return typeof text === "string" && text !== "" ? text.split(",").map((one) => one.trim()) : [];
}

async function machine(): Promise<Record<string, string | number>> {
  const cpuinfo = await Deno.readTextFile("/proc/cpuinfo");
  return {
    cores: navigator.hardwareConcurrency,
    cpu: cpuinfo.match(/^model name\s*: (.*)$/m)?.[1] ?? Deno.build.arch,
    kernel: Deno.osRelease(),
    deno: Deno.version.deno,
    gunicorn: "27.0.1",
    uwsgi: "2.0.31",
    rustAutoscaler: "0.2.1",
  };
}

if (import.meta.main) await main();
