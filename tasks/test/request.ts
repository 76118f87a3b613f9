/** What the words of `deno task test` ask for. */
import type { DenoTestOptions } from "../deno_test_options.ts";
import { OTHER_SUITES } from "./plan.ts";

export interface Request {
  /** Files and folders; tests/ when none is named. */
  readonly paths: readonly string[];
  /** Files and folders left out. */
  readonly ignored: readonly string[];
  /** File of the JUnit report. */
  readonly report: string | undefined;
  readonly isChecked: boolean;
  /** The other options, for every process. */
  readonly options: readonly string[];
  /** All options as they were given. */
  readonly given: readonly string[];
  /** `deno test` is to run once, with all files: it watches, debugs, or writes in a form of its own. */
  readonly isOneProcess: boolean;
}

const ONE_PROCESS =
  /^(-[^-].*|--|--(watch|inspect|coverage|reporter).*|--(doc|parallel|no-run|clean|permit-no-files))$/;

/** @param words of the command line, without the task's own options */
export function readRequest(words: readonly string[], { withNextWord }: DenoTestOptions): Request {
  const paths: string[] = [], options: string[] = [], given: string[] = [];
  let ignored: readonly string[] | undefined, report: string | undefined;
  let isChecked = true, isOneProcess = false;
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (!word.startsWith("-")) {
      paths.push(word);
      continue;
    }
    if (word === "--") {
      given.push(...words.slice(i));
      isOneProcess = true;
      break;
    }
    const [name, joined] = split(word);
    const next = joined === undefined && withNextWord.has(name) ? words[++i] : undefined;
    const texts = next === undefined ? [word] : [word, next];
    const value = joined ?? next;
    given.push(...texts);
    if (ONE_PROCESS.test(word) || withNextWord.has(name) && value === undefined) isOneProcess = true;
    if (name === "--ignore" && value !== undefined) ignored = value.split(",").map(bare);
    else if (name === "--junit-path") report = value;
    else if (word === "--no-check") isChecked = false;
    else options.push(...texts);
  }
  ignored ??= paths.length === 0 ? OTHER_SUITES : [];
  return {
    paths: paths.length === 0 ? ["tests"] : paths.map(bare),
    ignored,
    report,
    isChecked,
    options,
    given,
    isOneProcess: isOneProcess || report === "-",
  };
}

function split(word: string): [name: string, joined: string | undefined] {
  const at = word.indexOf("=");
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}

/** `./tests/core/` is tests/core. */
function bare(path: string): string {
  return path.replace(/^(\.\/)+/, "").replace(/\/+$/, "");
}
