/** All loads that the law is judged by, simulated: one line each. `deno task bench:law --help`. */
import { autoscaler } from "../../src/simulation/controllers/autoscaler_controller.ts";
import { type Controller, fixed } from "../../src/simulation/controllers/controller.ts";
import type { Result } from "../../src/simulation/report/result.ts";
import { run } from "../../src/simulation/server/engine.ts";
import { taskArguments } from "../../tasks/arguments.ts";
import { listOf, toggle, whole } from "../../tasks/options.ts";
import { flatLoads } from "./flat_loads.ts";
import { type LawLoad, lawLoads } from "./loads.ts";
import { search } from "./search.ts";

const { options } = taskArguments({
  command: "deno task bench:law",
  action: "judge the law",
  about: "What the law makes of all loads, simulated: medians over some seeds, beside the fixed maximum.",
  options: {
    load: listOf(lawLoads.map(({ name }) => name), {
      help: "Loads to run.",
      default: lawLoads.map(({ name }) => name),
    }),
    seeds: whole(1, { help: "Seeds of the arrivals, 1 to this.", default: 8 }),
    flat: toggle("Flat loads of 240 s instead: how often workers come and go for nothing."),
    tune: toggle("Search settings as simulate --tune does, over all loads together but those kept out (*)."),
  },
  examples: ["", "--load burst,blocked-kept --seeds 3", "--tune --seeds 3"],
});

if (options.tune) {
  search(options.seeds);
  Deno.exit();
}

const loads = options.flat ? flatLoads : lawLoads.filter(({ name }) => options.load.includes(name));
const HEADS = ["within SLO", "worst", "fixed max", "worker-s", "of max", "peak", "changes"];
const NAME_WIDTH = 4 + Math.max(...loads.map(({ name }) => name.length));
console.log("load".padEnd(NAME_WIDTH) + HEADS.map((head) => head.padStart(11)).join(""));
for (const load of loads) console.log(line(load));
console.log("* kept out of every search for settings");

function line(load: LawLoad): string {
  const { settings, initialWorkers, countedFromMs = 0 } = load;
  const seeds = Array.from({ length: options.seeds }, (_, i) => i + 1);
  const runs = (controller: () => Controller) => seeds.map((seed) => run(load.scenario(seed), controller()));
  const ours = runs(() => autoscaler(settings, { initialWorkers }));
  const most = runs(() => fixed(settings.maxWorkers));
  const median = (of: readonly number[]) => [...of].sort((a, b) => a - b)[(of.length - 1) >> 1]!;
  const shares = ours.map((one) => one.shareWithinSlo);
  const seconds = median(ours.map((one) => one.workerSeconds));
  const cells = [
    percent(median(shares)),
    percent(Math.min(...shares)),
    percent(median(most.map((one) => one.shareWithinSlo))),
    seconds.toFixed(0),
    percent(seconds / median(most.map((one) => one.workerSeconds))),
    String(Math.max(...ours.map((one) => one.peakWorkers))),
    String(median(ours.map((one) => counted(one, countedFromMs)))),
  ];
  return (load.name + (load.keptOut ? " *" : "")).padEnd(NAME_WIDTH) +
    cells.map((cell) => cell.padStart(11)).join("");
}

/** Changes of the workers from a moment on, until the load ends. */
function counted({ changes, durationMs }: Result, fromMs: number): number {
  return changes.filter(({ atMs }) => atMs >= fromMs && (fromMs === 0 || atMs < durationMs)).length;
}

function percent(share: number): string {
  return (100 * share).toFixed(2) + " %";
}
