import * as v from "valibot";
import { didYouMean } from "../../settings/near_name.ts";
import { isSwitch, type Option } from "../../settings/option.ts";
import { OPTIONS } from "../../settings/settings_table.ts";
import { SIMULATE_OPTIONS, type SimulateOption, type SimulateOptions } from "./simulate_options.ts";

/** The autoscaler's settings that mean something in a simulation. */
export const POLICY_OPTIONS: readonly Option[] = OPTIONS.filter((option) =>
  ["Workers", "Decisions", "Bursts"].includes(option.group) || option.name === "probe"
);

const ALL_OPTIONS: readonly (Option | SimulateOption)[] = [...SIMULATE_OPTIONS, ...POLICY_OPTIONS];

/** The command line of `simulate`, read. */
export interface SimulateArguments {
  readonly help: boolean;
  readonly options: SimulateOptions;
  /** Names of the options that were given. */
  readonly given: ReadonlySet<keyof SimulateOptions>;
  /** Flag -> text of the autoscaler's own settings. */
  readonly policyFlags: ReadonlyMap<string, string>;
  /** Sentences; not empty: nothing may be simulated. */
  readonly errors: readonly string[];
}

/** Reads the arguments. Values are joined by = or follow as the next word; --no-FLAG turns a switch off. */
export function parseSimulateArguments(args: readonly string[]): SimulateArguments {
  const errors: string[] = [];
  const help = args.includes("--help") || args.includes("-h");
  const texts = readTexts(args, errors);
  const values: Record<string, unknown> = {};
  const given = new Set<keyof SimulateOptions>();
  for (const option of SIMULATE_OPTIONS) {
    const text = texts.get(option.flag);
    values[option.name] = option.default;
    if (text === undefined) continue;
    given.add(option.name);
    const parsed = v.safeParse(option.type.schema, text);
    if (parsed.success) values[option.name] = parsed.output;
    else {errors.push(
        `Cannot use --${option.flag}=${text}: it is not a valid value, give ${option.type.range}`,
      );}
  }
  const options = values as unknown as SimulateOptions;
  if (!help && given.has("load") === given.has("from")) {
    errors.push(
      given.has("load")
        ? "Cannot simulate both --load and --from: they are two loads, give one of them"
        : "Cannot simulate: no load is given, add one such as --load 5x10s,60x20s",
    );
  }
  if (options.bootCpuMs > options.bootMs && given.has("bootCpuMs")) {
    errors.push(
      `Cannot use --boot-cpu-ms=${options.bootCpuMs}: it is more than the whole boot, raise --boot-ms to match`,
    );
  }
  const printed = (["json", "tune"] as const).find((name) => options[name]);
  if (options.html === "-" && printed !== undefined) {
    errors.push(
      `Cannot use --html=- with --${printed}: both are for standard output, name a file for the page`,
    );
  }
  if (!help) errors.push(...withoutEffect(options, given));
  const policyFlags = new Map<string, string>();
  for (const option of POLICY_OPTIONS) {
    const text = texts.get(option.flag);
    if (text !== undefined) policyFlags.set(option.flag, text);
  }
  return { help, options, given, policyFlags, errors };
}

/** Options that change nothing, because what they belong to is not asked for. Those of pods are reported with the pods. */
function withoutEffect(options: SimulateOptions, given: ReadonlySet<keyof SimulateOptions>): string[] {
  const log: Need = [
    options.load.startsWith("access-log:"),
    "no access log is read, give --load access-log:FILE",
  ];
  const trace: Need = [options.load.startsWith("trace:"), "no trace is read, give --load trace:FILE"];
  const tune: Need = [options.tune, "nothing is searched, add --tune"];
  const needs = { step: trace, logDuration: log, cpuShare: log, share: tune, tuneSeconds: tune };
  return SIMULATE_OPTIONS.flatMap(({ name, flag }) => {
    const [isThere, otherwise] = needs[name as keyof typeof needs] ?? [true, ""];
    return isThere || !given.has(name) ? [] : [`Cannot use --${flag}: ${otherwise}`];
  });
}

/** Whether what an option needs is there, and the rest of a sentence where it is not. */
type Need = readonly [isThere: boolean, otherwise: string];

/** Flag -> text as it was given. What cannot be an option of `simulate` is an error. */
function readTexts(args: readonly string[], errors: string[]): Map<string, string> {
  const texts = new Map<string, string>();
  for (let i = 0; i < args.length; i++) {
    const word = args[i]!;
    if (word === "--help" || word === "-h") continue;
    const [, name, joined] = /^--([a-z0-9-]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === undefined) {
      errors.push(`Cannot use "${word}": simulate takes options only, give the load as --load LOAD`);
      continue;
    }
    const option = ALL_OPTIONS.find(({ flag }) => flag === name);
    const denied = ALL_OPTIONS.find((one) => isSwitch(one) && name === `no-${one.flag}`);
    const next = args[i + 1];
    if (option !== undefined && isSwitch(option)) texts.set(name, joined ?? "true");
    else if (option !== undefined && joined !== undefined) texts.set(name, joined);
    else if (option !== undefined && (next === undefined || next.startsWith("--"))) {
      errors.push(`Cannot use --${name}: its value is missing, write --${name}=${option.type.placeholder}`);
    } else if (option !== undefined) {
      texts.set(name, next!);
      i++;
    } else if (denied !== undefined && joined === undefined) {
      texts.set(denied.flag, "false");
    } else {
      const flags = ALL_OPTIONS.map(({ flag }) => `--${flag}`);
      const meant = didYouMean(`--${name}`, flags, "simulate --help lists those there are");
      errors.push(`Cannot use --${name}: there is no such option, ${meant}`);
      // The word after it is most likely its value: one mistake, one error.
      if (joined === undefined && next?.startsWith("--") === false) i++;
    }
  }
  return texts;
}
