import inspectScript from "../../probe/gunicorn_autoscaler_inspect.py" with { type: "text" };
import { errorText } from "../error_text.ts";
import { sendSignal } from "../platform/process_id.ts";
import { wordsToGunicorn } from "./application.ts";
import { headOf } from "./find.ts";

/** gunicorn's configuration, as its own loader reads it. */
export interface Inspection {
  readonly gunicorn: string;
  readonly python: string;
  readonly executable: string;
  readonly worker_class: string;
  /** Full names of the worker class and the classes it derives from; empty when it cannot be loaded. */
  readonly worker_class_names: readonly string[];
  readonly worker_class_problem: string | null;
  readonly workers: number;
  /** Settings that are given: in a file, the environment or on the line. */
  readonly given: readonly string[];
  /** The configuration file that was found or named; null without one. */
  readonly config: string | null;
  readonly threads: number;
  readonly worker_connections: number;
  readonly address: readonly string[];
  readonly timeout: number;
  readonly graceful_timeout: number;
  readonly keepalive: number;
  readonly preload: boolean;
  readonly reload: boolean;
  readonly reuse_port: boolean;
  readonly daemon: boolean;
  readonly statsd_host: string | null;
  /** Settings with which gunicorn ends before it has a worker: name, value, what is wrong with it. */
  readonly unusable: readonly (readonly [setting: string, value: string, wrong: string])[];
  /** Present when the application was to be loaded. */
  readonly app: LoadedApp | null;
}

/** What loading the application in a separate process showed. */
export interface LoadedApp {
  readonly problem: string | null;
  /** Calling it makes a coroutine. */
  readonly is_asgi: boolean;
  readonly load_ms: number;
  /** Resident memory of the whole process afterwards. */
  readonly rss_bytes: number;
  /** A worker forked from the process that loaded it: until its first instruction, and its memory then. 0: not known. */
  readonly fork_ms: number;
  readonly fork_bytes: number;
}

/** The error of a failed inspection, in gunicorn's words. */
export interface InspectionFailure {
  readonly problem: string;
}

const PYTHON = /(?:^|\/)(?:python|pypy)[\d.]*[td]?$/;
const PYTHON_WITH_OPTIONS = /(?:python|pypy)[\d.]*[td]?(?:\s+-\S+)*$/;
/** A zipped application (shiv, pex) has its own gunicorn, which its interpreter alone does not find. */
const ZIPPED = "PK\x03\x04";

/**
 * The interpreter that runs gunicorn: `python` of "python -m gunicorn" and "python bin/gunicorn", else the one that the
 * script's first lines name. undefined when neither tells (a compiled, zipped or wrapped gunicorn).
 */
export function interpreterOf(words: readonly string[]): string[] | undefined {
  const module = words.indexOf("-m");
  if (module > 0) return words.slice(0, module);
  try {
    const script = PYTHON.test(words[0]!) ? afterOptions(words) : 0;
    const head = headOf(words[script]!);
    if (head.includes(ZIPPED)) return undefined;
    if (script > 0) return words.slice(0, script);
    const start = head.split("\n");
    const shebang = start[0]!.startsWith("#!") ? start[0]!.slice(2).trim() : "";
    if (PYTHON_WITH_OPTIONS.test(shebang)) return shebang.split(/\s+/);
    // Long paths: pip writes `#!/bin/sh` and then '''exec' "/long/path/python" "$0" "$@"
    const exec = start[1]?.match(/^'''exec' "?([^"]+?)"? "\$0"/);
    return exec?.[1] === undefined ? undefined : [exec[1]];
  } catch {
    return undefined;
  }
}

/** Where the script stands on a command line of Python's. */
function afterOptions(words: readonly string[]): number {
  let i = 1;
  while (words[i]?.startsWith("-")) i += ["-W", "-X"].includes(words[i]!) ? 2 : 1;
  return i;
}

/** An import that takes longer is given up: gunicorn alone would have killed several workers by then. */
const LONGEST_MS = 120_000;
/** What it has written has been read this much after its end. */
const REST_MS = 500;

/**
 * Reads gunicorn's configuration with its own interpreter. Takes about 0.1 s, and what the application takes when that is
 * to be loaded too, `longestMs` at most.
 */
export async function inspectGunicorn(
  words: readonly string[],
  args: readonly string[],
  loadApp = false,
  longestMs = LONGEST_MS,
): Promise<Inspection | InspectionFailure> {
  const interpreter = interpreterOf(words);
  if (interpreter === undefined) return { problem: `the Python that runs ${words[0]} cannot be found` };
  try {
    const all = [...wordsToGunicorn(words) ?? [], ...args];
    const ended = await runToEnd([...interpreter, "-c", inspectScript, ...all], loadApp, longestMs);
    // What the application prints, also at its exit, is around it.
    const line = ended.stdout.findLast((one) => one.startsWith('{"gunicorn": '));
    return line === undefined ? failureOf(ended, loadApp, longestMs) : JSON.parse(line) as Inspection;
  } catch (error) {
    return { problem: errorText(error) };
  }
}

/** A process that has ended, with the lines that it wrote. */
interface Ended {
  readonly code: number;
  /** It was ended, because it took too long. */
  readonly isLate: boolean;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
}

async function runToEnd(
  [program, ...args]: readonly string[],
  loadApp: boolean,
  longestMs: number,
): Promise<Ended> {
  const child = new Deno.Command(program!, {
    args,
    env: { GUNICORN_AUTOSCALER_INSPECT: loadApp ? "load" : "" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    sendSignal(child.pid, "SIGKILL");
  }, longestMs);
  const outputs = [new Output(child.stdout), new Output(child.stderr)] as const;
  const { code } = await child.status;
  clearTimeout(timer);
  await untilRead(outputs);
  const [stdout, stderr] = [outputs[0].close(), outputs[1].close()];
  return { code, isLate, stdout, stderr };
}

/** Waits for the rest of what an ended process wrote. What it has started may go on, and keep its outputs open. */
async function untilRead(outputs: readonly Output[]): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, REST_MS);
  await Promise.race([Promise.all(outputs.map(({ ended }) => ended)), late.promise]);
  clearTimeout(timer);
}

function failureOf({ code, isLate, stderr }: Ended, loadApp: boolean, longestMs: number): InspectionFailure {
  if (isLate) {
    const what = loadApp ? "the application is not loaded" : "it is not read";
    return { problem: `${what} after ${longestMs / 1000} s` };
  }
  return { problem: problemIn(stderr) || `its process ended with exit code ${code}` };
}

/** What a process writes, as it comes. */
class Output {
  /** Resolves when nothing writes to it any more. */
  readonly ended: Promise<void>;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #text = "";

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
    this.ended = this.#read();
  }

  async #read(): Promise<void> {
    for (let next = await this.#reader.read(); !next.done; next = await this.#reader.read()) {
      this.#text += this.#decoder.decode(next.value, { stream: true });
    }
  }

  /** Its lines so far; no more are read. */
  close(): string[] {
    void this.#reader.cancel();
    return this.#text.trim().split("\n");
  }
}

/**
 * The last line of gunicorn's error, after what it concerns: "Invalid value for workers: x: Error: invalid literal ...",
 * "conf.py, line 3: NameError: ..."
 */
function problemIn(lines: readonly string[]): string {
  const value = lines.find((line) => line.startsWith("Invalid value for "));
  const file = lines.map((line) => /^Failed to read config file: (.+)$/.exec(line)?.[1]).find((name) => name);
  const place = lines.map((line) => /^ +File "(.+)", line (\d+)/.exec(line))
    .findLast((found) => file !== undefined && found?.[1]?.endsWith(file) === true);
  const about = value ?? (file && `${file}${place ? `, line ${place[2]}` : ""}`);
  return `${about === undefined ? "" : `${about}: `}${lines.at(-1)}`;
}

/** Whether the inspection failed. */
export function isFailure(result: Inspection | InspectionFailure): result is InspectionFailure {
  return "problem" in result;
}
