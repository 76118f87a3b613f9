import { variable } from "../settings/environment.ts";
import { gunicornOptions, shellWords } from "./arguments.ts";

/**
 * The application that gunicorn's arguments name; where a configuration file names it, what --name says, or "gunicorn".
 * Example: `-k gevent shop:app -b :8000` is "shop:app".
 */
export function applicationOf(args: readonly string[]): string {
  return positionalOf(args) ?? gunicornOptions(args).findLast(({ name }) => name === "name")?.value ??
    "gunicorn";
}

/** Whether anything may name an application: a positional word, a configuration, a paste file, on the line or elsewhere. */
export function mayNameApplication(args: readonly string[], hasDefaultConfig: boolean): boolean {
  return hasDefaultConfig || positionalOf(args) !== undefined ||
    gunicornOptions(args).some(({ name }) => ["config", "paste", "paster", ""].includes(name));
}

/**
 * What follows gunicorn's name in the words that start it: "python -m gunicorn shop:app" has "shop:app". undefined when it
 * is not among them: another program starts gunicorn, with words of its own perhaps.
 */
export function wordsToGunicorn(words: readonly string[]): readonly string[] | undefined {
  const at = words.findIndex((word) => /(?:^|\/)gunicorn$/.test(word));
  return at < 0 ? undefined : words.slice(at + 1);
}

/** No application is named anywhere, as far as that is known. */
export function namesNothing(words: readonly string[], gunicornArgs: readonly string[]): boolean {
  const given = wordsToGunicorn(words);
  if (given === undefined) return false;
  const all = [...given, ...gunicornArgs, ...shellWords(variable("GUNICORN_CMD_ARGS") ?? "")];
  let hasDefaultConfig = false;
  try {
    hasDefaultConfig = Deno.statSync("gunicorn.conf.py").isFile;
  } catch {
    // Missing or unreadable: gunicorn looks for itself.
  }
  return !mayNameApplication(all, hasDefaultConfig);
}

function positionalOf(args: readonly string[]): string | undefined {
  const options = gunicornOptions(args);
  const taken = new Set(options.flatMap(({ at, words }) => Array.from({ length: words }, (_, i) => at + i)));
  return args.find((word, i) => !taken.has(i) && !word.startsWith("-"));
}
