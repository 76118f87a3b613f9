/** gunicorn's command line without likely secrets, for display. */

import { gunicornOptions } from "./arguments.ts";

/** Options whose value is NAME=VALUE, with a value that may be secret. */
const NAMED_VALUES = ["env", "paste-global"];
const HIDDEN = "***";

/**
 * The arguments with the values of `--env NAME=VALUE` and `--paste-global`, passwords in URLs, and what an application
 * factory is called with removed. Example: `-e KEY=s3cret 'shop:make("s3cret")'` is `-e KEY=*** shop:make(***)`.
 */
export function redactedArguments(args: readonly string[]): string[] {
  const spoken = [...args];
  for (const { name, value, at, words } of gunicornOptions(args)) {
    if (!NAMED_VALUES.includes(name) || value === undefined) continue;
    const last = at + words - 1;
    const equals = value.indexOf("=");
    const kept = args[last]!.slice(0, args[last]!.length - value.length);
    spoken[last] = `${kept}${equals < 0 ? "" : value.slice(0, equals + 1)}${HIDDEN}`;
  }
  return spoken.map((word) =>
    word.replace(/(:\/\/[^\s/@:]*:)[^\s/@]*@/g, `$1${HIDDEN}@`)
      .replace(/^([\w.]+:[\w.]+)\(.+\)$/s, `$1(${HIDDEN})`)
  );
}
