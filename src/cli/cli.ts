import { parseArgs } from "@std/cli/parse-args";
import { isGunicornOption } from "../gunicorn/option_names.ts";
import { didYouMean, nearName } from "../settings/near_name.ts";
import { isSwitch } from "../settings/option.ts";
import { OPTIONS } from "../settings/options.ts";

/** The subcommands that are programs of their own, with their own options. */
export const TOOLS = [
  "status",
  "explain",
  "pause",
  "resume",
  "scale",
  "set",
  "simulate",
  "report",
  "completions",
] as const;
/** The name of one of them. */
export type Tool = typeof TOOLS[number];

/** What the command line asks for. */
export type Command =
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | { readonly kind: "run" | "check"; readonly flags: Flags; readonly gunicornArgs: readonly string[] }
  | { readonly kind: "tool"; readonly tool: Tool; readonly args: readonly string[] }
  | { readonly kind: "invalid"; readonly errors: readonly string[] };

/** Our own options on a command line that starts gunicorn. */
export interface Flags {
  /** Flag name (min-workers) -> text, as given. */
  readonly settings: ReadonlyMap<string, string>;
  /** --env-file. */
  readonly envFile: string | undefined;
}

/** Names that gunicorn has too: before APP they are ours, after it gunicorn's. */
const SHARED = ["statsd-prefix", "log-level"];
const VALUE_FLAGS = [...OPTIONS.filter((o) => !isSwitch(o)).map((o) => o.flag), "env-file"];
const SWITCHES = OPTIONS.filter(isSwitch).map((o) => o.flag);

/** Reads argv. Own options stand before APP; APP and all after it are gunicorn's. `--` ends our options too. */
export function parseCommand(argv: readonly string[]): Command {
  const [first, ...rest] = argv;
  if (first === "help") return TOOLS.includes(rest[0] as Tool) ? helpOf(rest[0] as Tool) : { kind: "help" };
  if (first === "version" && rest.length === 0) return { kind: "version" };
  if (TOOLS.includes(first as Tool)) return { kind: "tool", tool: first as Tool, args: rest };
  if (first === "check" || first === "run") return parseRun(first, rest);
  return parseRun("run", argv);
}

function helpOf(tool: Tool): Command {
  return { kind: "tool", tool, args: ["--help"] };
}

/**
 * The command that was probably meant where the application's name is none of the usual ones ("chek", "statsu"); undefined
 * when it may well be an application. Only to be told once it could not be started: a module may have any name.
 */
export function meantCommand([app = ""]: readonly string[]): string | undefined {
  if (!/^[a-z]+$/.test(app)) return undefined;
  const commands = ["check", ...TOOLS];
  return commands.includes(app) ? undefined : nearName(app, commands.filter((command) => command.length > 3));
}

function parseRun(kind: "run" | "check", argv: readonly string[]): Command {
  const errors: string[] = [];
  const { own, theirs } = split(argv);
  const settings = new Map<string, string>();
  const others: string[] = [];
  // parseArgs would take --no-downscale-ms-after-up for the denial of a switch: flags with a value are read here.
  for (const word of own) {
    const [, flag, text] = /^--([^=]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (flag === undefined || !VALUE_FLAGS.includes(flag)) {
      others.push(word);
    } else if (text === undefined) {
      errors.push(`Cannot use --${flag}: its value is missing, write --${flag}=VALUE`);
    } else {
      settings.set(flag, text); // given twice: the last one counts, as for gunicorn
    }
  }
  const parsed = parseArgs(others, {
    boolean: ["help", "version"],
    alias: { h: "help", v: "version" },
    unknown: (word: string) => {
      if (switchName(word) === undefined) errors.push(misplaced(word));
      return false;
    },
  });
  if (parsed["help"] === true) return { kind: "help" };
  if (parsed["version"] === true) return { kind: "version" };
  for (const word of own) {
    const name = switchName(word);
    if (name !== undefined) settings.set(name.flag, name.text);
  }
  for (const word of beforeDashes(theirs)) {
    const name = word.startsWith("--") ? word.slice(2).split("=", 1)[0]! : "";
    const ours = [...VALUE_FLAGS, ...SWITCHES, ...SWITCHES.map((s) => `no-${s}`)].includes(name);
    if (ours && !SHARED.includes(name)) {
      errors.push(
        `Cannot use --${name} after the application: it is an option of gunicorn-autoscaler, put it before the application`,
      );
    }
  }
  if (errors.length > 0) return { kind: "invalid", errors };
  if (theirs.length === 0) {
    if (argv.length === 0) return { kind: "help" };
    return {
      kind: "invalid",
      errors: [`Cannot ${kind}: no application is named, add one such as myapp:app`],
    };
  }
  const envFile = settings.get("env-file");
  settings.delete("env-file");
  return { kind, flags: { settings, envFile }, gunicornArgs: theirs };
}

/** Everything up to the first word that is neither an option nor an option's value is ours; values are joined by `=`. */
function split(argv: readonly string[]): { own: string[]; theirs: string[] } {
  const own: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!;
    if (word === "--") return { own, theirs: argv.slice(i + 1) };
    if (!word.startsWith("-")) return { own, theirs: argv.slice(i) };
    const next = argv[i + 1];
    if (
      VALUE_FLAGS.includes(word.slice(2)) && word.startsWith("--") && next !== undefined &&
      !next.startsWith("--")
    ) {
      own.push(`${word}=${next}`);
      i++;
    } else {
      own.push(word);
    }
  }
  return { own, theirs: [] };
}

/** `--dry-run`, `--no-dry-run` and `--dry-run=false` are the forms of a switch. */
function switchName(word: string): { flag: string; text: string } | undefined {
  const [name = "", text] = word.replace(/^--/, "").split(/=(.*)/s, 2);
  if (!word.startsWith("--")) return undefined;
  if (SWITCHES.includes(name)) return { flag: name, text: text ?? "true" };
  if (text === undefined && name.startsWith("no-") && SWITCHES.includes(name.slice(3))) {
    return { flag: name.slice(3), text: "false" };
  }
  return undefined;
}

function misplaced(word: string): string {
  const name = word.split("=", 1)[0]!;
  if (isGunicornOption(word)) {
    return `Cannot use ${name} before the application: it is an option of gunicorn, put it after the application`;
  }
  const known = [...VALUE_FLAGS, ...SWITCHES].map((flag) => `--${flag}`);
  return `Cannot use ${name}: there is no such option, ${didYouMean(name, known, "take it out")}`;
}

function beforeDashes(args: readonly string[]): readonly string[] {
  const end = args.indexOf("--");
  return end < 0 ? args : args.slice(0, end);
}
