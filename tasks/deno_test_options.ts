/** The options of `deno test`, by its own help, for tasks that pass them on. */
import { didYouMean } from "../src/settings/near_name.ts";
import { refuse } from "./arguments.ts";
import type { Options, Task } from "./task.ts";

export interface DenoTestOptions {
  /** With their dashes: "--filter". */
  readonly names: readonly string[];
  /** Those whose value is the next word. */
  readonly withNextWord: ReadonlySet<string>;
}

export async function denoTestOptions(): Promise<DenoTestOptions> {
  const asked = new Deno.Command(Deno.execPath(), { args: ["test", "--help"], env: { NO_COLOR: "1" } });
  const help = new TextDecoder().decode((await asked.output()).stdout);
  const found = [...help.matchAll(/^ *(?:-\w, )?(--[a-z][a-z0-9-]*)( <\S+>)?/gm)];
  return {
    names: found.map(([, name]) => name!),
    withNextWord: new Set(found.filter(([, , value]) => value !== undefined).map(([, name]) => name!)),
  };
}

/** Ends the task when a word is an option that neither it nor `deno test` has. */
export function refuseUnknownOption(
  task: Task<Options>,
  { names }: DenoTestOptions,
  words: readonly string[],
): void {
  const end = words.indexOf("--");
  const given = words.slice(0, end < 0 ? words.length : end).filter((word) => word.startsWith("--"));
  for (const word of given.map((one) => one.split("=", 1)[0]!)) {
    if (names.includes(word) || word.startsWith("--unstable-")) continue; // those are in a help of their own
    const all = [...Object.keys(task.options).map((name) => `--${name}`), ...names];
    const advice = didYouMean(word, all, `see ${task.command} --help and deno test --help`);
    refuse(task, `neither this task nor deno test has the option ${word}, ${advice}`);
  }
}
