/**
 * The command line of a development task. All of them explain themselves on --help and refuse what they do not know before
 * anything is started: a mistyped option must not begin half an hour of benchmarks.
 */
import { didYouMean } from "../src/settings/near_name.ts";
import type { Option } from "./options.ts";
import type { Options, Task } from "./task.ts";
import { usage } from "./usage.ts";

/** The command line, read. */
export interface Arguments<O extends Options> {
  readonly options: { readonly [Name in keyof O]: O[Name] extends Option<infer T> ? T : never };
  readonly words: readonly string[];
}

/** The result of reading. */
export type Reading<O extends Options> =
  | { readonly kind: "help" }
  | { readonly kind: "read"; readonly arguments: Arguments<O> }
  | { readonly kind: "wrong"; readonly errors: readonly string[] };

/** What the command line of this process asks for. Ends it after --help (exit code 0) and when it is wrong (2). */
export function taskArguments<const O extends Options>(task: Task<O>): Arguments<O> {
  const reading = readArguments(task, Deno.args);
  if (reading.kind === "read") return reading.arguments;
  if (reading.kind === "help") {
    console.log(usage(task));
    Deno.exit(0);
  }
  for (const error of reading.errors) console.error(error);
  Deno.exit(2);
}

/** Ends the task for what only it can know to be wrong: "what is wrong, what to do". */
export function refuse(task: Task<Options>, problem: string): never {
  console.error(refusal(task, problem));
  Deno.exit(2);
}

/** Reads arguments; all errors are reported at once. */
export function readArguments<const O extends Options>(task: Task<O>, args: readonly string[]): Reading<O> {
  const { texts, words, help, problems } = sort(task, args);
  if (help) return { kind: "help" };
  const options: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(task.options)) {
    const given = texts.get(name) ?? [];
    try {
      options[name] = option.read(given);
    } catch (error) {
      problems.push(`--${name} ${given.at(-1)}: ${withoutAction(error as Error)}`);
    }
    // Without its value it is reported already.
    if (option.required && !texts.has(name)) {
      problems.push(`--${name} is missing, write --${name} ${option.placeholder}`);
    }
  }
  problems.push(...wrongWords(task, words));
  if (problems.length > 0) {
    return { kind: "wrong", errors: problems.map((problem) => refusal(task, problem)) };
  }
  return { kind: "read", arguments: { options: options as Arguments<O>["options"], words } };
}

function refusal({ action }: Task<Options>, problem: string): string {
  return `Cannot ${action}: ${problem}`;
}

/** An error of a reader that others use too is a whole sentence: "Cannot read the phase "5x": it is none, write ...". */
function withoutAction({ message }: Error): string {
  return message.startsWith("Cannot ") ? message.slice(message.lastIndexOf(": ") + 2) : message;
}

interface Sorted {
  /** Name of an option -> its texts; empty ones for a switch, none for an option without its value. */
  readonly texts: ReadonlyMap<string, readonly string[]>;
  readonly words: readonly string[];
  readonly help: boolean;
  readonly problems: string[];
}

function sort(task: Task<Options>, args: readonly string[]): Sorted {
  const texts = new Map<string, string[]>();
  const words: string[] = [];
  const problems: string[] = [];
  const passesOn = task.words?.withOptions === true;
  for (let i = 0; i < args.length; i++) {
    const word = args[i]!;
    if (word === "--") {
      words.push(...args.slice(passesOn ? i : i + 1));
      break;
    }
    if (word === "--help" || word === "-h") return { texts, words, help: true, problems };
    const [, name = "", joined] = /^--([^=]+)(?:=(.*))?$/s.exec(word) ?? [];
    const option = Object.hasOwn(task.options, name) ? task.options[name] : undefined;
    const next = args[i + 1]?.startsWith("--") ? undefined : args[i + 1];
    if (option === undefined) {
      if (passesOn || !word.startsWith("-")) words.push(word);
      else {
        problems.push(unknown(task, word.split("=", 1)[0]!));
        // What follows is most likely its value: one mistake, one error.
        if (joined === undefined && next !== undefined && task.words === undefined) i++;
      }
      continue;
    }
    const given = texts.get(name) ?? [];
    texts.set(name, given);
    if (option.placeholder === undefined) {
      if (joined === undefined) given.push("");
      else problems.push(`--${name} takes no value, write --${name} or leave it out`);
    } else if (joined !== undefined) given.push(joined);
    else if (next === undefined) {
      problems.push(`the value of --${name} is missing, write --${name} ${option.placeholder}`);
    } else {
      given.push(next);
      i++;
    }
  }
  return { texts, words, help: false, problems };
}

function unknown(task: Task<Options>, word: string): string {
  const names = [...Object.keys(task.options), "help"].map((name) => `--${name}`);
  return `there is no option ${word}, ${didYouMean(word, names, `see ${task.command} --help`)}`;
}

function wrongWords({ words: taken, command }: Task<Options>, words: readonly string[]): string[] {
  if (taken === undefined) {
    return words.map((word) => `"${word}" is no option, see ${command} --help`);
  }
  if (words.length < (taken.least ?? 0)) return [`no ${taken.placeholder} is named, add one`];
  const { names } = taken;
  if (names === undefined) return [];
  return words.filter((word) => !names.includes(word)).map((word) =>
    `there is no "${word}", take ${names.map((name) => `"${name}"`).join(", ")}`
  );
}
