import type { Fuzzer } from "./fuzzer.ts";
import { commandFuzzer, httpFuzzer } from "./http.ts";
import { kernelFileFuzzer } from "./kernel_files.ts";
import { commandLineFuzzer, envFileFuzzer } from "./settings.ts";
import { arbiterFuzzer, slotFuzzer } from "./slots.ts";
import { statsdFuzzer } from "./statsd.ts";

/** Makes a fuzzer afresh; with how many inputs it is run among the tests. */
export const FUZZERS: readonly (readonly [make: () => Fuzzer, testInputs: number])[] = [
  [statsdFuzzer, 60_000],
  [slotFuzzer, 6_000],
  [arbiterFuzzer, 6_000],
  [kernelFileFuzzer, 60_000],
  [httpFuzzer, 1_500],
  [commandFuzzer, 20_000],
  [commandLineFuzzer, 10_000],
  [envFileFuzzer, 10_000],
];
