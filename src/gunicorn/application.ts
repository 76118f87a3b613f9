import { gunicornOptions } from "./arguments.ts";

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

function positionalOf(args: readonly string[]): string | undefined {
  const options = gunicornOptions(args);
  const taken = new Set(options.flatMap(({ at, words }) => Array.from({ length: words }, (_, i) => at + i)));
  return args.find((word, i) => !taken.has(i) && !word.startsWith("-"));
}
