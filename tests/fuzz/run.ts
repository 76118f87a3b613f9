/**
 * deno task fuzz [--seconds N] [--lines N] [--seed N] [--only NAME]
 *
 * Each fuzzer for so many seconds (10), StatsD for at least so many lines too; with a seed of its own unless one is given.
 * Exit code 1 when something that must hold does not; the message names seed and input.
 */
import { fuzz, type FuzzReport } from "./fuzzer.ts";
import { FUZZERS } from "./fuzzers.ts";
import { parseArgs } from "@std/cli/parse-args";

const options = parseArgs(Deno.args, { string: ["seconds", "lines", "seed", "only"] }) as Record<
  string,
  string | undefined
>;
const seconds = Number(options["seconds"] ?? 10);
const lines = Number(options["lines"] ?? 0);
const seed = Number(options["seed"] ?? crypto.getRandomValues(new Uint32Array(1))[0]);
if (![seconds, lines, seed].every((number) => number >= 0 && Number.isFinite(number))) {
  console.error("Cannot fuzz: --seconds, --lines and --seed take numbers from 0");
  Deno.exit(2);
}

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
for (const [make] of FUZZERS) {
  const fuzzer = make();
  if (options["only"] !== undefined && !fuzzer.name.toLowerCase().includes(options["only"].toLowerCase())) {
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
Deno.exit(failed ? 1 : 0);
