import { parseArgs } from "@std/cli/parse-args";
import { didYouMean } from "../../settings/near_name.ts";

/** What all commands for a running instance have in common. */
export interface CommandArguments {
  readonly instance: string | undefined;
  readonly help: boolean;
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
  readonly words: readonly string[];
  readonly errors: readonly string[];
}

/** Reads the arguments of a command. `switches` and `valued`: its options beside --instance and --help. */
export function readArguments(
  args: readonly string[],
  switches: readonly string[] = [],
  valued: readonly string[] = [],
): CommandArguments {
  const errors: string[] = [];
  const strings = [...valued, "instance"];
  const known = [...strings, ...switches, "help"].map((name) => `--${name}`);
  const parsed = parseArgs([...args], {
    string: [...strings, "_"],
    boolean: [...switches, "help"],
    alias: { h: "help" },
    unknown: (word: string) => {
      // Numbers with a sign and words are arguments; anything else with a dash is a mistake.
      if (!word.startsWith("-")) return true;
      const name = word.split("=", 1)[0]!;
      errors.push(
        `Cannot use ${name}: there is no such option here, ${
          didYouMean(name, known, `give ${known.join(", ")}`)
        }`,
      );
      return false;
    },
  });
  for (const word of args) {
    const [, name] = /^--(?:no-)?([a-z-]+)=/.exec(word) ?? [];
    if (name !== undefined && [...switches, "help"].includes(name)) {
      errors.push(`Cannot use ${word}: --${name} takes no value, write --${name} or leave it out`);
    }
  }
  const values = new Map<string, string>();
  for (const name of strings) {
    const value = parsed[name];
    if (value === undefined) continue;
    if (value === "" || Array.isArray(value)) {
      errors.push(`Cannot use --${name}: it wants one value, write --${name}=VALUE once`);
    } else values.set(name, String(value));
  }
  return {
    instance: values.get("instance"),
    help: parsed["help"] === true,
    flags: new Set(switches.filter((name) => parsed[name] === true)),
    values,
    words: parsed._.map(String),
    errors: [...new Set(errors)],
  };
}
