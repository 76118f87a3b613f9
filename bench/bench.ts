/**
 * Real servers, one after the other, under the same seeded open-loop load: `deno task bench --help`. Results of the same
 * file are kept and replaced run by run, so that a long benchmark can be done in parts.
 */
import { taskArguments } from "../tasks/arguments.ts";
import { listOf, many, oneOf, parsed, text, toggle, whole } from "../tasks/options.ts";
import {
  type Absent,
  disturbance,
  isAbsent,
  middleOf,
  readResults,
  type RunResult,
  writeResults,
} from "./report/results.ts";
import { batches, rivalsNamed } from "./servers/rivals.ts";
import { Barrier } from "./barrier.ts";
import { runOne } from "./measured_run.ts";
import { onDjango } from "./scenario.ts";
import { scenariosNamed } from "./scenarios.ts";
import { benchFolder } from "./servers/setup.ts";
import { percent, table } from "./report/results_table.ts";

const SCENARIOS = scenariosNamed([]).map(({ name }) => name);
const RIVALS = rivalsNamed([]).map(({ name }) => name);

const TASK = {
  command: "deno task bench",
  action: "run the benchmark",
  about: "Real servers, one after the other, under the same seeded open-loop load.",
  options: {
    scenario: listOf(SCENARIOS, { help: "Loads to drive, listed below.", otherwise: "all" }),
    rivals: listOf(RIVALS, { help: "Servers to measure, listed below.", otherwise: "all" }),
    json: text({
      placeholder: "FILE",
      help: "Where results are kept, and replaced run by run.",
      otherwise: ".bench/results.json",
    }),
    seed: whole(0, { help: "Seed of the arrivals.", default: 1 }),
    times: whole(1, { help: "Runs of each server; the one with the middle share is kept.", default: 1 }),
    generator: oneOf(["own", "vegeta"], {
      help: "What drives the load; vegeta must be on the PATH, and sends at equal gaps.",
      default: "own",
    }),
    app: oneOf(["own", "django"], {
      help:
        "What is served: the scenario's own, which is next to nothing, or a Django application of 114 MB a worker " +
        "(for scenarios of the sync and gthread classes).",
      default: "own",
    }),
    set: many(parsed("NAME=VALUE", variable, {
      help: "A variable of the servers' environment: a setting to try. Any number of times.",
    })),
    together: toggle(
      "Several servers at once where the load hardly uses the CPU: a third of the time, and about the same figures.",
    ),
    print: toggle("Only print what the file holds."),
  },
  examples: [
    "--scenario burst,cpu --rivals ours,uwsgi-busyness",
    "--app django --together --scenario burst --rivals ours,preload",
    "--json bench/results/own.json --print",
  ],
  notes: [`Scenarios: ${SCENARIOS.join(", ")}.`, `Rivals: ${RIVALS.join(", ")}.`],
};

async function main(): Promise<void> {
  const { options: args } = taskArguments(TASK);
  const folder = await benchFolder();
  await Deno.mkdir(`${folder}/logs`, { recursive: true });
  const file = args.json ?? `${folder}/results.json`;
  const scenarios = scenariosNamed(args.scenario).map((scenario) =>
    args.app === "django" ? onDjango(scenario) : scenario
  );
  const rivals = rivalsNamed(args.rivals);
  const env = Object.fromEntries(args.set);

  for (const scenario of args.print ? [] : scenarios) {
    for (const batch of batches(scenario, rivals, args.together)) {
      // A load begins when all servers of the batch have imported the application.
      const runs = batch.map((): (RunResult | Absent)[] => []);
      for (let time = 0; time < args.times; time++) {
        const barrier = new Barrier(batch.length);
        await Promise.all(batch.map(async (rival, i) => {
          const settled = barrier.place();
          const logFile = `${folder}/logs/${scenario.name}-${rival.name}.log`;
          const result = await runOne(scenario, rival, {
            seed: args.seed,
            generator: args.generator,
            env,
            logFile,
            settled,
          }).finally(settled);
          const outcome = isAbsent(result)
            ? result.absent
            : `${percent(result.shareWithinSlo, 2)}  ${disturbance(result)}`;
          console.error(`${scenario.name}, ${rival.label}: ${outcome.trimEnd()}`);
          runs[i]!.push(result);
          await keep(file, scenario.name, rival.name, middleOf(runs[i]!));
        }));
      }
    }
  }
  const results = await readResults(file);
  for (const scenario of scenarios) {
    console.log(`\n${table(scenario, results.scenarios[scenario.name] ?? {})}`);
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

function variable(text: string): [name: string, value: string] {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new Error("it is no variable, write NAME=VALUE");
  return [name, value];
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
