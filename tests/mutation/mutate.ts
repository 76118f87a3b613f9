/**
 * Tests the tests of the law: makes one small mistake after the other in `src/core/` and runs `tests/core` on each.
 * `deno task mutate --help`.
 */
import { refuse, taskArguments } from "../../tasks/arguments.ts";
import { text, toggle, whole } from "../../tasks/options.ts";
import { excuseOf, stale } from "./equivalent.ts";
import { Laboratory, type Outcome } from "./laboratory.ts";
import { type Mutant, mutantsIn } from "./mutants.ts";
import { caughtShare, report, sentence, type Tried } from "./mutation_report.ts";
import { seeded } from "../core/fluid.ts";

const LEAST_CAUGHT = 0.85;
/** Laboratories at once: as many as CI has cores. */
const WORKERS = 2;
/** Mutants that one process tries: modules are never unloaded, so not too many. */
const BATCH = 20;

const TASK = {
  command: "deno task mutate",
  action: "mutate",
  about:
    "Tests the tests of the law: makes one small mistake after the other in src/core/ and runs tests/core on each.",
  options: {
    file: text({ placeholder: "FILE", help: "One file of src/core.", otherwise: "all" }),
    sample: whole(1, { help: "So many of the mistakes, drawn with the seed.", otherwise: "all" }),
    seed: whole(0, { help: "Seed of the sample.", default: 1 }),
    "list-survivors": toggle("Name each mistake that no test noticed."),
  },
  examples: ["--file bounds/memory.ts --list-survivors", "--sample 80 --seed 1"],
  notes: [
    `Exit codes: 0; 1 when less than ${100 * LEAST_CAUGHT} % of the mistakes are caught; 2 for bad usage.`,
  ],
};

interface MutateOptions {
  /** One file of src/core; all when not given. */
  readonly file: string | undefined;
  /** So many of the mutants, drawn with the seed; all when not given. */
  readonly sample: number | undefined;
  readonly seed: number;
  readonly listSurvivors: boolean;
}

async function mutate(options: MutateOptions): Promise<number> {
  const repository = new URL("../../", import.meta.url).pathname.replace(/\/$/, "");
  const all = mutantsIn(`${repository}/src/core`);
  const gone = stale(all);
  if (gone.length > 0) {
    console.error(
      `Cannot excuse mutants that are not there, take them out of equivalent.ts:\n${gone.join("\n")}`,
    );
    return 1;
  }
  const asked = all.filter((mutant) => options.file === undefined || mutant.file === options.file);
  if (asked.length === 0) {
    refuse(
      TASK,
      `--file ${options.file} is not in src/core or has nothing to mutate, take one such as bounds/memory.ts`,
    );
  }
  const excused = asked.filter((mutant) => excuseOf(mutant) !== undefined);
  const chosen = draw(asked.filter((mutant) => excuseOf(mutant) === undefined), options);
  const tried = await tryAll(chosen, repository);
  if (options.listSurvivors) {
    for (const { mutant, outcome } of tried) if (outcome === "survived") console.log(sentence(mutant));
  }
  console.log(report(tried));
  if (excused.length > 0) console.log(`${excused.length} more are excused in tests/mutation/equivalent.ts`);
  return caughtShare(tried) >= LEAST_CAUGHT ? 0 : 1;
}

/** A sample without repetition, in the order of the text. */
function draw(mutants: readonly Mutant[], { sample, seed }: MutateOptions): Mutant[] {
  if (sample === undefined || sample >= mutants.length) return [...mutants];
  const random = seeded(seed);
  const drawn = mutants.map((mutant) => ({ mutant, lot: random() })).sort((a, b) => a.lot - b.lot).slice(
    0,
    sample,
  )
    .map(({ mutant }) => mutant);
  return mutants.filter((mutant) => drawn.includes(mutant));
}

/** Each laboratory takes the next batch as soon as it has finished one. */
async function tryAll(mutants: readonly Mutant[], repository: string): Promise<Tried[]> {
  const batches = Array.from({ length: Math.ceil(mutants.length / BATCH) }, (_, i) => i * BATCH);
  const outcomes: Outcome[] = [];
  const left = batches.values();
  // Interrupted, the laboratories end what they are at and are cleared away.
  let interrupted = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => interrupted = true);
  }
  const work = async () => {
    await using laboratory = await Laboratory.open(repository);
    await laboratory.checkTests();
    for (const first of left) {
      const tried = await laboratory.tryAll(mutants.slice(first, first + BATCH));
      tried.forEach((outcome, i) => outcomes[first + i] = outcome);
      if (interrupted) throw new Error("Cannot say what is caught: interrupted");
    }
  };
  // All of them end and are cleared away, also when one fails.
  const ends = await Promise.allSettled(Array.from({ length: WORKERS }, work));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
  return mutants.map((mutant, i) => ({ mutant, outcome: outcomes[i]! }));
}

if (import.meta.main) {
  const { options: { "list-survivors": listSurvivors, ...options } } = taskArguments(TASK);
  Deno.exit(await mutate({ ...options, listSurvivors }));
}
