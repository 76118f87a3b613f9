/** What all fuzzers have in common: reproducible inputs, and what must hold of each. */
import { delay } from "@std/async/delay";
import { errorText } from "../../src/error_text.ts";
import { seededRandom } from "./random.ts";

/** Numbers in [0, 1). */
export type Random = () => number;

export interface Fuzzer {
  readonly name: string;
  /** What `one` counts, in the plural: "lines", "reads". */
  readonly unit: string;
  /** Makes one hostile input and has it read. Returns how many units it was; throws when something does not hold. */
  one(random: Random): number | Promise<number>;
  /** After the last input; throws when something was left behind. */
  close?(): void | Promise<void>;
}

export interface FuzzReport {
  readonly name: string;
  readonly unit: string;
  readonly inputs: number;
  readonly units: number;
  readonly seconds: number;
  /** The input that took longest. */
  readonly slowestMs: number;
  /** How much the process's memory grew after the first 20,000 inputs: all of it, and what is alive in the heap. */
  readonly grewBytes: number;
  readonly heapGrewBytes: number;
}

/** No input may keep the reader busy for longer; far above what any takes, because machines are shared. */
const LONGEST_MS = 5_000;

const INPUTS_A_BREATH = 256;
/** By then buffers have their size and code is compiled. */
const WARM_INPUTS = 20_000;

interface Memory {
  readonly bytes: number;
  readonly heapBytes: number;
}

/** After collections of what is not alive any more, where the runtime offers them (--expose-gc). */
async function memory(): Promise<Memory> {
  // More than one, with a pause between: what a finalizer releases is free only at the next.
  for (let i = 0; i < 3; i++) {
    (globalThis as { gc?: () => void }).gc?.();
    await delay(0);
  }
  const { rss, heapUsed, external } = Deno.memoryUsage();
  return { bytes: rss, heapBytes: heapUsed + external };
}

/** The random numbers of one input of a run: with both numbers it can be made again alone. */
function randomOf(seed: number, input: number): Random {
  return seededRandom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(input + 1, 0x85ebca6b));
}

/**
 * Feeds inputs to a fuzzer until `isDone`.
 * @throws Error that names seed and input, when anything that must hold does not
 */
export async function fuzz(
  fuzzer: Fuzzer,
  seed: number,
  isDone: (inputs: number, units: number, seconds: number) => boolean,
): Promise<FuzzReport> {
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  let inputs = 0, units = 0, slowestMs = 0, breathAt = 0;
  let warm: Memory | undefined;
  while (!isDone(inputs, units, seconds())) {
    const at = performance.now();
    try {
      const done = fuzzer.one(randomOf(seed, inputs));
      units += typeof done === "number" ? done : await done;
    } catch (error) {
      throw new Error(`${fuzzer.name}, seed ${seed}, input ${inputs}: ${errorText(error)}`, { cause: error });
    }
    const tookMs = performance.now() - at;
    slowestMs = Math.max(slowestMs, tookMs);
    if (tookMs > LONGEST_MS) {
      throw new Error(`${fuzzer.name}, seed ${seed}, input ${inputs} took ${Math.round(tookMs)} ms`);
    }
    if (++inputs === WARM_INPUTS) warm = await memory();
    if (inputs - breathAt < INPUTS_A_BREATH) continue;
    breathAt = inputs;
    await delay(0);
  }
  await fuzzer.close?.();
  const end = await memory();
  return {
    name: fuzzer.name,
    unit: fuzzer.unit,
    inputs,
    units,
    seconds: seconds(),
    slowestMs,
    grewBytes: warm === undefined ? 0 : end.bytes - warm.bytes,
    heapGrewBytes: warm === undefined ? 0 : end.heapBytes - warm.heapBytes,
  };
}

/** Throws unless it holds; `what` is made only then. */
export function mustHold(holds: boolean, what: () => string): void {
  if (!holds) throw new Error(`it does not hold that ${what()}`);
}

export function pick<T>(from: readonly T[], random: Random): T {
  return from[Math.floor(random() * from.length)]!;
}
