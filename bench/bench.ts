/**
 * Real servers, one after the other, under the same seeded open-loop load.
 *
 *     deno task bench [--scenario burst,cpu] [--rivals ours,uwsgi-busyness] [--json FILE] [--seed 1] [--set NAME=VALUE]
 *
 * `--together` measures several servers at once where the load hardly uses the CPU: a third of the time, and about the
 * same figures. `--print` only prints what the file holds; `--markdown` prints tables for a document. Results of the same
 * file are kept and replaced run by run, so that a long benchmark can be done in parts.
 */
import { parseArgs } from "@std/cli/parse-args";
import { type Absent, disturbance, isAbsent, readResults, type RunResult, writeResults } from "./results.ts";
import { batches, rivalsNamed } from "./rivals.ts";
import { runOne } from "./run.ts";
import { scenariosNamed } from "./scenarios.ts";
import { benchFolder } from "./setup.ts";
import { markdownTable, percent, table } from "./table.ts";

const USAGE = `deno task bench [--scenario NAME,...] [--rivals NAME,...] [--json FILE] [--seed N]
                [--set NAME=VALUE]... [--together] [--print] [--markdown]

scenarios: ${scenariosNamed([]).map((one) => one.name).join(", ")}
rivals:    ${rivalsNamed([]).map((one) => one.name).join(", ")}`;

async function main(): Promise<void> {
  const args = parseArgs(Deno.args, {
    string: ["scenario", "rivals", "json", "seed"],
    boolean: ["print", "markdown", "together", "help"],
    collect: ["set"],
    default: { seed: "1" },
    // A mistyped option must not start half an hour of benchmarks.
    unknown: (word: string) => {
      console.error(`Cannot run the benchmark: there is no ${word}, see deno task bench --help`);
      Deno.exit(2);
    },
  });
  if (args.help) {
    console.log(USAGE);
    return;
  }
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

  for (const scenario of args.print ? [] : scenarios) {
    for (const batch of batches(scenario, rivals, args.together === true)) {
      await Promise.all(batch.map(async (rival) => {
        const logFile = `${folder}/logs/${scenario.name}-${rival.name}.log`;
        const result = await runOne(scenario, rival, { seed: Number(args.seed), env, logFile });
        const outcome = isAbsent(result)
          ? result.absent
          : `${percent(result.shareWithinSlo, 2)}  ${disturbance(result)}`;
        console.error(`${scenario.name}, ${rival.label}: ${outcome.trimEnd()}`);
        await keep(file, scenario.name, rival.name, result);
      }));
    }
  }
  const results = await readResults(file);
  const draw = args.markdown ? markdownTable : table;
  for (const scenario of scenarios) {
    console.log(`\n${draw(scenario, results.scenarios[scenario.name] ?? {})}`);
  }
}

let lastWrite: Promise<void> = Promise.resolve();

/** Adds a result to the file; one after the other, and read again each time: another part may have written meanwhile. */
function keep(file: string, scenario: string, rival: string, result: RunResult | Absent): Promise<void> {
  return lastWrite = lastWrite.then(async () => {
    const results = await readResults(file);
    results.machine = await machine();
    (results.scenarios[scenario] ??= {})[rival] = result;
    await writeResults(file, results);
  });
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
