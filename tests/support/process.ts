/** A program under test: its output as lines that can be awaited, and an end that leaves nothing running. */
import { descendants, isAlive, type ProcessId, withEnvironment } from "./processes.ts";
import { until } from "./wait.ts";

export interface StartOptions {
  readonly cwd?: string;
  /** Added to the environment of the tests. */
  readonly env?: Record<string, string>;
  /** Start from an empty environment. */
  readonly clearEnv?: boolean;
  /** How long dispose waits after SIGTERM before SIGKILL; 8 s when not given. */
  readonly graceMs?: number;
}

export interface Line {
  readonly stream: "stdout" | "stderr";
  readonly text: string;
  /** performance.now() when it came. */
  readonly atMs: number;
}

const MARK = "TEST_PROCESS_MARK";

interface Waiter {
  readonly pattern: RegExp;
  found(match: RegExpMatchArray): void;
  ended(): void;
}

/** Starts a program: `await using server = start(bin(path, "gunicorn"), ["app:app"])`. */
export function start(program: string, args: readonly string[], options: StartOptions = {}): Process {
  return new Process(program, args, options);
}

/** Starts a program, waits for its end and returns what it said. */
export async function run(
  program: string,
  args: readonly string[],
  options: StartOptions = {},
): Promise<Ended> {
  await using process = start(program, args, options);
  const { code, signal } = await process.ended;
  return { code, signal, stdout: process.text("stdout"), stderr: process.text("stderr") };
}

export interface Ended {
  /** Exit code; 128 + signal when a signal ended it. */
  readonly code: number;
  readonly signal: Deno.Signal | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class Process implements AsyncDisposable {
  readonly pid: number;
  /** All lines so far, both streams, as they came. */
  readonly lines: Line[] = [];
  /** Resolves when it exited; what it started may live on. */
  readonly exited: Promise<Deno.CommandStatus>;
  /** Resolves when it exited and all output was read, also that of children which write to the same pipes. */
  readonly ended: Promise<Deno.CommandStatus>;
  readonly #child: Deno.ChildProcess;
  readonly #name: string;
  readonly #graceMs: number;
  readonly #waiters = new Set<Waiter>();
  /** In the environment of all it starts, so that orphans too can be found and ended. */
  readonly #mark = crypto.randomUUID();
  #hasExited = false;
  #hasEnded = false;

  constructor(program: string, args: readonly string[], options: StartOptions) {
    this.#name = `${program.slice(program.lastIndexOf("/") + 1)} ${args.join(" ")}`.trim();
    this.#graceMs = options.graceMs ?? 8_000;
    this.#child = new Deno.Command(program, {
      args: [...args],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      clearEnv: options.clearEnv ?? false,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      // Without this Python holds lines back when its output is a pipe.
      env: { PYTHONUNBUFFERED: "1", [MARK]: this.#mark, ...options.env },
    }).spawn();
    this.pid = this.#child.pid;
    this.exited = this.#child.status.finally(() => this.#hasExited = true);
    this.ended = this.#watch();
  }

  /** Whether it exited and all its output was read. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** What it has said so far on one stream or on both. */
  text(stream?: "stdout" | "stderr"): string {
    return this.lines.filter((line) => !stream || line.stream === stream).map((line) => line.text).join("\n");
  }

  /** Number of lines so far: give it to `line` as `from` to look only at what comes after an act. */
  mark(): number {
    return this.lines.length;
  }

  /**
   * The first line (said already, or to come) that matches. Throws after `timeoutMs` (10 s) or when the program ends
   * without having said it, with the last lines it did say.
   */
  line(
    pattern: RegExp,
    { timeoutMs = 10_000, from = 0 }: { timeoutMs?: number; from?: number } = {},
  ): Promise<RegExpMatchArray> {
    for (let i = from; i < this.lines.length; i++) {
      const match = this.lines[i]!.text.match(pattern);
      if (match) return Promise.resolve(match);
    }
    if (this.#hasEnded) return Promise.reject(this.#unsaid(pattern, "ended without saying"));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        reject(this.#unsaid(pattern, `did not say within ${timeoutMs} ms`));
      }, timeoutMs);
      const waiter: Waiter = {
        pattern,
        found: (match) => (clearTimeout(timer), resolve(match)),
        ended: () => (clearTimeout(timer), reject(this.#unsaid(pattern, "ended without saying"))),
      };
      this.#waiters.add(waiter);
    });
  }

  signal(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Sends a signal and waits until it exited. Throws when it lives on. */
  async stop(signal: Deno.Signal = "SIGTERM", timeoutMs = 10_000): Promise<Deno.CommandStatus> {
    if (!this.#hasExited) trySignal(this.pid, signal);
    const what = () => `the end of ${this.#name} after ${signal}\n${this.#tail()}`;
    await until(() => this.#hasExited, { timeoutMs, what });
    return await this.exited;
  }

  /** Living processes it started, children and orphans alike; itself only while it lives. */
  family(): ProcessId[] {
    return [
      ...new Map([...descendants(this.pid), ...withEnvironment(MARK, this.#mark)].map((p) => [p.pid, p]))
        .values(),
    ];
  }

  /** Ends it (SIGTERM, then SIGKILL) and whatever it started and left behind. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#hasExited) {
      trySignal(this.pid, "SIGTERM");
      await this.stop("SIGCONT", this.#graceMs).catch(() => trySignal(this.pid, "SIGKILL"));
      await this.exited;
    }
    for (const one of this.family()) await endStray(one);
    await this.ended;
  }

  async #watch(): Promise<Deno.CommandStatus> {
    await Promise.all([this.#read(this.#child.stdout, "stdout"), this.#read(this.#child.stderr, "stderr")]);
    const status = await this.exited;
    this.#hasEnded = true;
    for (const waiter of this.#waiters) waiter.ended();
    this.#waiters.clear();
    return status;
  }

  async #read(from: ReadableStream<Uint8Array>, stream: Line["stream"]): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of from) {
      const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = parts.pop()!;
      for (const text of parts) this.#add({ stream, text, atMs: performance.now() });
    }
    if (rest) this.#add({ stream, text: rest, atMs: performance.now() });
  }

  #add(line: Line): void {
    this.lines.push(line);
    for (const waiter of this.#waiters) {
      const match = line.text.match(waiter.pattern);
      if (!match) continue;
      this.#waiters.delete(waiter);
      waiter.found(match);
    }
  }

  #unsaid(pattern: RegExp, how: string): Error {
    return new Error(`${this.#name} ${how} ${pattern}; its last lines:\n${this.#tail()}`);
  }

  #tail(): string {
    return this.lines.slice(-15).map((line) => `  ${line.text}`).join("\n");
  }
}

/** Kills a left-over descendant: by pid, and only if it still is the process that was seen. */
async function endStray(process: ProcessId): Promise<void> {
  if (!isAlive(process)) return;
  trySignal(process.pid, "SIGKILL");
  await until(() => !isAlive(process), { timeoutMs: 3_000, what: `the end of process ${process.pid}` });
}

/** Sends a signal; that the process has ended meanwhile is no error. */
export function trySignal(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch (error) {
    const gone = error instanceof Deno.errors.NotFound || (error as { code?: string }).code === "ESRCH";
    if (!gone && !/ESRCH|already terminated/.test(String(error))) throw error;
  }
}
