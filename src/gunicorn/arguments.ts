import {
  LONG,
  LONG_OF_SHORT,
  LONG_WITH_OPTIONAL_VALUE,
  LONG_WITH_VALUE,
  SHORT_SWITCHES,
  SHORT_WITH_VALUE,
} from "./option_names.ts";

/** One option as it stands on a gunicorn command line. */
export interface GunicornOption {
  /** Long name: `-w 3` and `--workers=3` are both "workers"; "" for an abbreviation of several, which gunicorn refuses. */
  readonly name: string;
  readonly value: string | undefined;
  /** Index of its first word, and how many words it takes. */
  readonly at: number;
  readonly words: number;
}

/**
 * The options on a gunicorn command line, in order, read as argparse reads them: `--name=value`, `--name value`,
 * unambiguous abbreviations, `-wVALUE`, `-w VALUE`, clusters of switches, everything after `--` positional.
 */
export function gunicornOptions(args: readonly string[]): GunicornOption[] {
  const found: GunicornOption[] = [];
  for (let i = 0; i < args.length; i++) {
    const word = args[i]!;
    if (word === "--") break;
    const option = optionAt(args, i);
    if (option === undefined) continue;
    found.push(option);
    i += option.words - 1;
  }
  return found;
}

/** The option that begins at a word; undefined when the word is none of gunicorn's. */
export function optionAt(args: readonly string[], at: number): GunicornOption | undefined {
  return args[at]!.startsWith("--") ? longOption(args, at) : shortOption(args, at);
}

function longOption(args: readonly string[], at: number): GunicornOption | undefined {
  const word = args[at]!;
  const equals = word.indexOf("=");
  const names = fullNames(equals < 0 ? word.slice(2) : word.slice(2, equals));
  if (names.length === 0) return undefined;
  const name = names.length === 1 ? names[0]! : "";
  if (equals >= 0) return { name, value: word.slice(equals + 1), at, words: 1 };
  const next = args[at + 1];
  const takesValue = names.every((one) => LONG_WITH_VALUE.includes(one)) ||
    LONG_WITH_OPTIONAL_VALUE.get(name)?.test(next ?? "");
  return takesValue ? { name, value: next, at, words: 2 } : { name, value: undefined, at, words: 1 };
}

/** The long options that may be meant: the one of that name, else all that begin with it. */
function fullNames(typed: string): readonly string[] {
  if (LONG.includes(typed)) return [typed];
  return typed === "" ? [] : LONG.filter((name) => name.startsWith(typed));
}

function shortOption(args: readonly string[], at: number): GunicornOption | undefined {
  const word = args[at]!;
  if (!/^-[A-Za-z]/.test(word)) return undefined;
  for (let i = 1; i < word.length; i++) {
    const letter = word[i]!;
    if (SHORT_SWITCHES.includes(letter)) {
      if (i === word.length - 1) return { name: LONG_OF_SHORT[letter]!, value: undefined, at, words: 1 };
      continue;
    }
    if (!SHORT_WITH_VALUE.includes(letter)) return undefined;
    const rest = word.slice(i + 1).replace(/^=/, "");
    const name = LONG_OF_SHORT[letter]!;
    return rest === "" ? { name, value: args[at + 1], at, words: 2 } : { name, value: rest, at, words: 1 };
  }
  return undefined;
}

/** The last value given for an option, as argparse takes it; undefined when it is not there. */
export function valueOf(args: readonly string[], name: string): string | undefined {
  return gunicornOptions(args).findLast((option) => option.name === name)?.value;
}

/** Whether an option is given, by its long name. */
export function hasOption(args: readonly string[], name: string): boolean {
  return gunicornOptions(args).some((option) => option.name === name);
}

/** Adds words before a `--`, or at the end, where gunicorn reads them as options and the last one wins. */
export function withOptions(args: readonly string[], ...words: string[]): string[] {
  const end = args.indexOf("--");
  return end < 0 ? [...args, ...words] : [...args.slice(0, end), ...words, ...args.slice(end)];
}

/** The arguments without any occurrence of an option. */
export function withoutOption(args: readonly string[], name: string): string[] {
  const gone = new Set<number>();
  for (const option of gunicornOptions(args)) {
    if (option.name !== name) continue;
    for (let i = 0; i < option.words; i++) gone.add(option.at + i);
  }
  return args.filter((_, i) => !gone.has(i));
}

/** Replaces the deprecated worker class that ships with uvicorn by the package that took it over. */
export function mapUvicornWorker(args: readonly string[]): string[] {
  const moved: Record<string, string> = {
    "uvicorn.workers.UvicornWorker": "uvicorn_worker.UvicornWorker",
    "uvicorn.workers.UvicornH11Worker": "uvicorn_worker.UvicornH11Worker",
  };
  const result = [...args];
  for (const option of gunicornOptions(args)) {
    const next = option.name === "worker-class" && option.value !== undefined
      ? moved[option.value]
      : undefined;
    if (next === undefined) continue;
    result.splice(
      option.at,
      option.words,
      ...(option.words === 2 ? ["--worker-class", next] : [`-k${next}`]),
    );
  }
  return result;
}

/**
 * Splits a command line as a POSIX shell splits words: blanks, '...', "..." and backslash. What gunicorn does with
 * GUNICORN_CMD_ARGS, and what --gunicorn takes.
 *
 * @throws Error for a quote that is not closed
 */
export function shellWords(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let i = 0; i < line.length; i++) {
    const c = line[i]!;
    if (" \t\r\n".includes(c)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (c === "'" || c === '"') {
      let end = i + 1;
      word ??= "";
      for (; end < line.length && line[end] !== c; end++) {
        if (c === '"' && line[end] === "\\" && /["\\]/.test(line[end + 1] ?? "")) end++;
        word += line[end];
      }
      if (end >= line.length) throw new Error(`a ${c} is not closed`);
      i = end;
    } else if (c === "\\") {
      word = (word ?? "") + (line[++i] ?? "");
    } else {
      word = (word ?? "") + c;
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}
