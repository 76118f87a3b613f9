import { optionAt } from "../gunicorn/arguments.ts";
import { LONG } from "../gunicorn/option_names.ts";
import { didYouMean } from "../settings/near_name.ts";
import { isSwitch } from "../settings/option.ts";
import { OPTIONS } from "../settings/settings_table.ts";

/** A command line that starts gunicorn, taken apart. */
export interface SortedWords {
  /** Our options, name without dashes -> text; "help" and "version" too. Given twice, the last one counts. */
  readonly own: Map<string, string>;
  /** gunicorn's words in their order. */
  readonly theirs: readonly string[];
  /** Sentences; not empty: nothing may be started. */
  readonly errors: readonly string[];
}

const VALUE_FLAGS = [
  ...OPTIONS.filter((option) => !isSwitch(option)).map((option) => option.flag),
  "env-file",
];
const SWITCHES = OPTIONS.filter(isSwitch).map((option) => option.flag);
/** Both have these; here they are ours. */
const ABOUT_US: Readonly<Record<string, string>> = {
  "-h": "help",
  "--help": "help",
  "-v": "version",
  "--version": "version",
};

/**
 * Tells our options from gunicorn's, wherever they stand. No name is both's but help and version (a test says so), so the
 * application may come first, last or in the middle.
 *
 * A `--` that comes before any word of gunicorn's ends our options, and all after it is gunicorn's; any other `--` is
 * gunicorn's own, which takes no option after it.
 */
export function sortWords(argv: readonly string[]): SortedWords {
  const own = new Map<string, string>();
  const theirs: string[] = [];
  const errors: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!;
    if (word === "--") {
      theirs.push(...argv.slice(theirs.length === 0 ? i + 1 : i));
      break;
    }
    const ours = ownOption(argv, i);
    if (ours !== undefined) {
      if (ours.text !== undefined) own.set(ours.flag, ours.text);
      else errors.push(`Cannot use --${ours.flag}: its value is missing, write --${ours.flag}=VALUE`);
      i += ours.words - 1;
      continue;
    }
    const option = optionAt(argv, i);
    if (option === undefined && isOption(word)) {
      errors.push(unknown(word));
      continue;
    }
    theirs.push(...argv.slice(i, i + (option?.words ?? 1)));
    i += (option?.words ?? 1) - 1;
  }
  return { own, theirs, errors };
}

/** Our option at a word, and how many words it takes; without text when its value is missing. */
function ownOption(argv: readonly string[], at: number) {
  const word = argv[at]!;
  if (Object.hasOwn(ABOUT_US, word)) return { flag: ABOUT_US[word]!, text: "true", words: 1 };
  const [, name, joined] = /^--([^=]+)(?:=(.*))?$/s.exec(word) ?? [];
  if (name === undefined) return undefined;
  if (VALUE_FLAGS.includes(name)) {
    if (joined !== undefined) return { flag: name, text: joined, words: 1 };
    const next = argv[at + 1];
    return next === undefined || next.startsWith("--")
      ? { flag: name, text: undefined, words: 1 }
      : { flag: name, text: next, words: 2 };
  }
  // `--dry-run`, `--no-dry-run` and `--dry-run=false` are the forms of a switch.
  if (SWITCHES.includes(name)) return { flag: name, text: joined ?? "true", words: 1 };
  const denied = name.startsWith("no-") && joined === undefined ? name.slice(3) : "";
  return SWITCHES.includes(denied) ? { flag: denied, text: "false", words: 1 } : undefined;
}

/** Whether argparse takes a word that it does not know for an option: not `-`, a negative number or a text with blanks. */
function isOption(word: string): boolean {
  return word.startsWith("-") && word !== "-" && !/^-\d+$|^-\d*\.\d+$/.test(word) && !word.includes(" ");
}

function unknown(word: string): string {
  const name = word.split("=", 1)[0]!;
  const known = [...VALUE_FLAGS, ...SWITCHES, ...LONG].map((flag) => `--${flag}`);
  return `Cannot use ${name}: neither gunicorn-autoscaler nor gunicorn has such an option, ${
    didYouMean(name, known, "take it out")
  }`;
}
