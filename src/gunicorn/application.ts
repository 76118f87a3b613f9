import { gunicornOptions } from "./arguments.ts";

/**
 * The application that gunicorn's arguments name; where a configuration file names it, what --name says, or "gunicorn".
 * Example: `-k gevent shop:app -b :8000` is "shop:app".
 */
export function applicationOf(args: readonly string[]): string {
  const options = gunicornOptions(args);
  const taken = new Set(options.flatMap(({ at, words }) => Array.from({ length: words }, (_, i) => at + i)));
  const positional = args.find((word, i) => !taken.has(i) && !word.startsWith("-"));
  return positional ?? options.findLast(({ name }) => name === "name")?.value ?? "gunicorn";
}
