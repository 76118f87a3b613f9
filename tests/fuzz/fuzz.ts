/** Runs the fuzzers for the time given: `deno task fuzz --help`. */
import { refuse, taskArguments } from "../../tasks/arguments.ts";
import { number, text, whole } from "../../tasks/options.ts";
import { fuzz, type FuzzReport } from "./fuzzer.ts";
import { FUZZERS } from "./fuzzers.ts";

const TASK = {
  command: "deno task fuzz",
  action: "fuzz",
  about:
    "Hostile input for every reader: StatsD, slots, /proc and control groups, HTTP, command line and .env.",
  options: {
    seconds: number(0, { help: "For each fuzzer.", default: 10 }),
    lines: whole(0, { help: "So many of StatsD at least, however long it takes.", default: 0 }),
    seed: whole(0, { help: "The same seed makes the same inputs.", otherwise: "another one each time" }),
    only: text({
      placeholder: "NAME",
      help: "Those that have this in their name; case does not count.",
      otherwise: "all",
    }),
  },
  examples: ["--seconds 60 --lines 10000000 --seed 2026", "--only statsd"],
  notes: [
    "Exit codes: 0; 1 when something that must hold does not, with a message that names seed and input; 2 for bad usage.",
  ],
};

const { options } = taskArguments(TASK);
const { seconds, lines, only, seed = crypto.getRandomValues(new Uint32Array(1))[0]! } = options;

/** More growth than this is a leak. The heap's own size goes up and down with the machine's mood, so it has more room. */
const MOST_HEAP_GROWTH_BYTES = 8 * 2 ** 20;
const MOST_GROWTH_BYTES = 256 * 2 ** 20;

const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(1);

function row(
  { name, inputs, unit, units, seconds, slowestMs, grewBytes, heapGrewBytes }: FuzzReport,
): string {
  const counted = `${inputs.toLocaleString("en")} inputs, ${units.toLocaleString("en")} ${unit}`;
  return `${name.padEnd(32)} ${counted.padEnd(48)} ${seconds.toFixed(1).padStart(7)} s  slowest ${
    slowestMs.toFixed(1)
  } ms, ` +
    `grew ${mib(grewBytes)} MiB, heap ${mib(heapGrewBytes)} MiB`;
}

console.log(`seed ${seed}`);
let failed = false;
const leftOut: string[] = [];
for (const [make] of FUZZERS) {
  const fuzzer = make();
  if (only !== undefined && !fuzzer.name.toLowerCase().includes(only.toLowerCase())) {
    leftOut.push(fuzzer.name);
    await fuzzer.close?.();
    continue;
  }
  const atLeast = fuzzer.unit === "lines" && fuzzer.name === "StatsD" ? lines : 0;
  try {
    const report = await fuzz(fuzzer, seed, (_, units, spent) => spent >= seconds && units >= atLeast);
    console.log(row(report));
    if (report.grewBytes <= MOST_GROWTH_BYTES && report.heapGrewBytes <= MOST_HEAP_GROWTH_BYTES) continue;
    console.error(`${report.name}: memory grew`);
  } catch (error) {
    console.error((error as Error).message);
  }
  failed = true;
}
if (leftOut.length === FUZZERS.length) {
  refuse(TASK, `no fuzzer has "${only}" in its name, take one of ${leftOut.join(", ")}`);
}
Deno.exit(failed ? 1 : 0);
