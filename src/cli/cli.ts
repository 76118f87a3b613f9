import { didYouMean, nearName } from "../settings/near_name.ts";
import { isStart, isTool, type Start, STARTS, type Tool, TOOLS } from "./command_names.ts";
import { sortWords } from "./sort_words.ts";

/** What the command line asks for. */
export type Command =
  /** The help of one command; that of run is also everything's. */
  | { readonly kind: "help"; readonly of: Start }
  | { readonly kind: "version" }
  | { readonly kind: "run" | "check"; readonly flags: Flags; readonly gunicornArgs: readonly string[] }
  /** exec: our options, and the program that starts gunicorn. */
  | { readonly kind: "exec" | "check-exec"; readonly flags: Flags; readonly program: readonly string[] }
  | { readonly kind: "tool"; readonly tool: Tool; readonly args: readonly string[] }
  | { readonly kind: "invalid"; readonly errors: readonly string[] };

/** Our own options on a command line that starts gunicorn. */
export interface Flags {
  /** Flag name (min-workers) -> text, as given. */
  readonly settings: ReadonlyMap<string, string>;
  /** --env-file. */
  readonly envFile: string | undefined;
}

/** Reads argv: options of both programs in any order. */
export function parseCommand(argv: readonly string[]): Command {
  const [first, ...rest] = argv;
  if (first === "help") return helpOf(rest.find((word) => !word.startsWith("-")));
  if (first === "version" && rest.length === 0) return { kind: "version" };
  if (isTool(first)) return { kind: "tool", tool: first, args: rest };
  if (first === "check" && rest[0] === "exec") return parseExec("check-exec", rest.slice(1));
  if (first === "check" || first === "run") return parseRun(first, rest);
  if (first === "exec") return parseExec("exec", rest);
  return parseRun("run", argv);
}

function helpOf(name = "run"): Command {
  if (isTool(name)) return { kind: "tool", tool: name, args: ["--help"] };
  if (isStart(name)) return { kind: "help", of: name };
  if (name === "help" || name === "version") return { kind: "help", of: "run" };
  const remedy = didYouMean(name, [...STARTS, ...TOOLS], "leave it out");
  return { kind: "invalid", errors: [`Cannot help with ${name}: there is no such command, ${remedy}`] };
}

/**
 * The command that was probably meant where the application's name is none of the usual ones ("chek", "statsu"); undefined
 * when it may be an application. Shown only after it could not be started: a module may have any name.
 */
export function meantCommand([app = ""]: readonly string[]): string | undefined {
  if (!/^[a-z]+$/.test(app)) return undefined;
  const commands: readonly string[] = [...STARTS, ...TOOLS];
  return commands.includes(app) ? undefined : nearName(app, commands.filter((command) => command.length > 3));
}

function parseRun(kind: "run" | "check", argv: readonly string[]): Command {
  const { own, theirs, errors } = sortWords(argv);
  if (own.has("help")) return { kind: "help", of: kind };
  if (own.has("version")) return { kind: "version" };
  if (errors.length > 0) return { kind: "invalid", errors };
  const envFile = own.get("env-file");
  own.delete("env-file");
  return { kind, flags: { settings: own, envFile }, gunicornArgs: theirs };
}

function parseExec(kind: "exec" | "check-exec", argv: readonly string[]): Command {
  const dashes = argv.indexOf("--");
  const { own, theirs, errors } = sortWords(dashes < 0 ? argv : argv.slice(0, dashes));
  if (own.has("help")) return { kind: "help", of: kind === "exec" ? "exec" : "check" };
  if (own.has("version")) return { kind: "version" };
  if (errors.length > 0) return { kind: "invalid", errors };
  const program = dashes < 0 ? [] : argv.slice(dashes + 1);
  if (program.length === 0 || theirs.length > 0) {
    const what = theirs.length > 0 ? `${theirs[0]} stands before the --` : "no program is named";
    return {
      kind: "invalid",
      errors: [`Cannot exec: ${what}, write gunicorn-autoscaler exec [OPTIONS] -- PROGRAM [...]`],
    };
  }
  const envFile = own.get("env-file");
  own.delete("env-file");
  return { kind, flags: { settings: own, envFile }, program };
}
