/**
 * How close the simulator comes: the same loads, real and simulated, side by side: `deno task bench:fidelity --help`.
 * A run beside which much else ran is shown and does not count.
 */
import { run as simulate } from "../src/simulation/server/engine.ts";
import { taskArguments } from "../tasks/arguments.ts";
import { listOf, oneOf, text, toggle, whole } from "../tasks/options.ts";
import {
  compare,
  type Comparison,
  HEADS,
  MARKDOWN_HEADS,
  markdownRow,
  PERCENT,
  POINTS,
  row,
} from "./report/fidelity_table.ts";
import { isAbsent, readResults, writeResults } from "./report/results.ts";
import { rivalsNamed } from "./servers/rivals.ts";
import { runOne } from "./measured_run.ts";
import { onDjango } from "./scenario.ts";
import { scenariosNamed } from "./scenarios.ts";
import { benchFolder } from "./servers/setup.ts";
import { simulatedRival, simulatedScenario } from "./simulated.ts";

/**
 * The load is the same to the millisecond, but when the server's own clock ticks within it is not known of a real run, and a
 * server that looks once a second may miss a burst by nearly that. So many of its moments are simulated.
 */
const MOMENTS = 25;

/** What is compared when nothing is named. */
const RIVALS = ["fixed-min", "fixed-max", "ours", "rust", "rust-tuned", "uwsgi-busyness", "uwsgi-tuned"];
const SCENARIOS = scenariosNamed([]).map(({ name }) => name).filter((name) => name !== "overhead");

const TASK = {
  command: "deno task bench:fidelity",
  action: "compare",
  about:
    "How close the simulator comes: the same loads, real and simulated, side by side. Real figures come " +
    "from the benchmark's results; what they lack is run now.",
  options: {
    scenario: listOf(scenariosNamed([]).map(({ name }) => name), {
      help: "Loads to compare.",
      default: SCENARIOS,
    }),
    rivals: listOf(rivalsNamed([]).map(({ name }) => name), { help: "Servers to compare.", default: RIVALS }),
    json: text({
      placeholder: "FILE",
      help: "Results of deno task bench.",
      otherwise: ".bench/results.json",
    }),
    app: oneOf(["own", "django"], { help: "What is served, as in deno task bench.", default: "own" }),
    seed: whole(0, { help: "Seed of the arrivals.", default: 1 }),
    print: toggle("Leave out what was not measured yet."),
    markdown: toggle("Print a table for a document."),
  },
  examples: ["--scenario burst,cpu --rivals ours,fixed-max --print"],
  notes: [
    `Exit codes: 0; 1 when a share within SLO is off by more than ${POINTS} points or worker-seconds by more than ` +
    `${PERCENT} %; 2 for bad usage.`,
  ],
};

async function main(): Promise<number> {
  const { options: args } = taskArguments(TASK);
  const { seed } = args;
  const file = args.json ?? `${await benchFolder()}/results.json`;
  const tell = args.markdown ? markdownRow : row;
  let off = 0, compared = 0, disturbed = 0;
  console.log(args.markdown ? MARKDOWN_HEADS : HEADS);
  for (const named of scenariosNamed(args.scenario)) {
    const scenario = args.app === "django" ? onDjango(named) : named;
    for (const rival of rivalsNamed(args.rivals)) {
      const make = simulatedRival(rival.name, scenario);
      if (make === undefined) continue;
      const results = await readResults(file);
      let real = results.scenarios[scenario.name]?.[rival.name];
      if (real === undefined && !args.print) {
        real = await runOne(scenario, rival, { seed });
        (results.scenarios[scenario.name] ??= {})[rival.name] = real;
        await writeResults(file, results);
      }
      if (real === undefined || isAbsent(real)) continue;
      const simulated = Array.from(
        { length: MOMENTS },
        (_, i) =>
          simulate(simulatedScenario(scenario, rival.name, seed, i, real.elsewhereCores), make(seed, i)),
      );
      const comparison: Comparison = compare(scenario.name, rival, real, simulated);
      if (comparison.disturbed) disturbed++;
      else {
        compared++;
        if (!comparison.good) off++;
      }
      console.log(tell(comparison));
    }
  }
  console.log(
    `\n${compared} compared, ${off} off by more than ${POINTS} points or ${PERCENT} %` +
      (disturbed > 0 ? `; ${disturbed} disturbed: measure again` : ""),
  );
  return off > 0 ? 1 : 0;
}

if (import.meta.main) Deno.exit(await main());
