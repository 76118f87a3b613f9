import type { CommandName } from "../../cli/command_names.ts";
import { COMMANDS as ENTRIES } from "../../cli/commands.ts";
import { isSwitch } from "../../settings/option.ts";
import { LIVE_OPTIONS, OPTIONS } from "../../settings/settings_table.ts";
import { POLICY_OPTIONS } from "../../simulation/command_line/simulate_arguments.ts";
import { SIMULATE_OPTIONS } from "../../simulation/command_line/simulate_options.ts";

/** What may follow an option, or stand alone: words of a list, a file, a folder, or anything. */
export type Completed = readonly string[] | "file" | "folder" | "free";

/** An option of a command. */
export interface CompletedOption {
  /** Without its dashes. */
  readonly flag: string;
  /** "" without a text. */
  readonly about: string;
  /** "none": a switch. */
  readonly value: Completed | "none";
}

/** A command, and what a shell can offer after it. */
export interface CompletedCommand {
  readonly name: string;
  readonly about: string;
  readonly options: readonly CompletedOption[];
  /** What is no option; "program": after `--` another program with its own completions. */
  readonly words: Completed | "none" | "program";
}

/** The program that all scripts complete. */
export const PROGRAM = "gunicorn-autoscaler";
/** The shells that there is a script for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

const HELP: CompletedOption = { flag: "help", about: "show help", value: "none" };
const FOR: CompletedOption = { flag: "for", about: "until this time has passed", value: "free" };
const INSTANCE: CompletedOption = { flag: "instance", about: "pid or folder of the instance", value: "free" };
const JSON_TEXT: CompletedOption = { flag: "json", about: "as JSON", value: "none" };

/** Our options of a start. */
export const START_OPTIONS: readonly CompletedOption[] = [
  ...OPTIONS.flatMap(completedOption),
  { flag: "env-file", about: "file to read variables from", value: "file" },
  HELP,
  { flag: "version", about: "show the version", value: "none" },
];

const LIVE_KEYS = LIVE_OPTIONS.map((option) => `${option.flag}=`);

/** All commands. */
export const COMMANDS: readonly CompletedCommand[] = [
  command("run", START_OPTIONS, "file"),
  command("check", START_OPTIONS, "file"),
  command("exec", START_OPTIONS, "program"),
  command("status", [
    { flag: "watch", about: "live", value: "none" },
    JSON_TEXT,
    INSTANCE,
    HELP,
  ]),
  command("explain", [JSON_TEXT, INSTANCE, HELP]),
  command("pause", [FOR, INSTANCE, HELP]),
  command("resume", [INSTANCE, HELP]),
  command("scale", [FOR, INSTANCE, HELP]),
  command("set", [INSTANCE, HELP], LIVE_KEYS),
  command("simulate", [
    ...[...SIMULATE_OPTIONS, ...POLICY_OPTIONS].flatMap(completedOption),
    HELP,
  ]),
  command("report", [
    { flag: "html", about: "file for the page", value: "file" },
    { flag: "slo", about: "the SLO that the page shows, ms", value: "free" },
    HELP,
  ], "file"),
  command("completions", [HELP], SHELLS),
];

/** The commands that are programs of their own, without our options of a start. */
export const COMPLETED_TOOLS = COMMANDS.filter(({ options }) => options !== START_OPTIONS);

/** Flags as they are written. */
export function flagsOf(options: readonly CompletedOption[]): string[] {
  return options.map(({ flag }) => `--${flag}`);
}

function command(
  name: CommandName,
  options: readonly CompletedOption[],
  words: CompletedCommand["words"] = "none",
): CompletedCommand {
  return { name, about: ENTRIES[name].about, options, words };
}

/** What options of all tables have. */
interface TableOption {
  readonly flag: string;
  readonly help: string;
  readonly type: { readonly placeholder: string };
}

/** A switch is two: --dry-run and --no-dry-run. */
function completedOption(
  { flag, help: about, type }: TableOption,
): CompletedOption[] {
  if (!isSwitch({ type })) return [{ flag, about, value: valueOf(type.placeholder) }];
  return [{ flag, about, value: "none" }, { flag: `no-${flag}`, about: `not: ${about}`, value: "none" }];
}

/** `on|off`, FILE, DIR and others, as help shows them. */
function valueOf(placeholder: string): Completed {
  if (/^[a-z-]+(\|[a-z-]+)+$/.test(placeholder)) return placeholder.split("|");
  return ({ FILE: "file", DIR: "folder" } as const)[placeholder] ?? "free";
}
