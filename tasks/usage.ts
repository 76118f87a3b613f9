import { helpColumns } from "../src/cli/help_columns.ts";
import { wrap } from "../src/status/terminal/terminal_style.ts";
import type { Options, Task } from "./task.ts";
import type { Option } from "./options.ts";

const WIDTH = 100;
const entry = helpColumns(28, WIDTH);

/** The text of --help: each option with its default, and examples. */
export function usage({ command, about, options, words, examples, notes = [] }: Task<Options>): string {
  const named = Object.entries(options);
  const parts = [
    command,
    ...named.filter(([, option]) => option.required).map(([name, option]) => form(name, option)),
    "[OPTIONS]",
    ...(words === undefined ? [] : [words.least ? `${words.placeholder} ...` : `[${words.placeholder} ...]`]),
  ];
  return [
    `Usage: ${parts.join(" ")}`,
    "",
    ...wrap(about, WIDTH),
    "",
    ...named.flatMap(([name, option]) => entry(form(name, option), described(option))),
    ...(words === undefined ? [] : entry(words.placeholder, words.help)),
    ...entry("--help", "This text."),
    "",
    "Examples:",
    ...examples.map((example) => `  ${command} ${example}`.trimEnd()),
    ...(notes.length === 0 ? [] : [""]),
    ...notes.flatMap((note) => wrap(note, WIDTH)),
  ].join("\n");
}

function form(name: string, { placeholder }: Option<unknown>): string {
  return placeholder === undefined ? `--${name}` : `--${name} ${placeholder}`;
}

function described({ help, otherwise, required }: Option<unknown>): string {
  if (required) return `${help} Must be given.`;
  return otherwise === "" ? help : `${help} [${otherwise}]`;
}
