import { appsFolder } from "./apps.ts";
import { get } from "./http.ts";
import { freeTcpPort } from "./port.ts";
import { type Process, start } from "./process.ts";
import { children } from "./processes.ts";
import { tempDir } from "./tempdir.ts";
import { venv, type VenvName } from "./venv.ts";
import { until } from "./wait.ts";

/** The program under test: the source tree, or the compiled binary that AUTOSCALER_BINARY names. */
export function program(): string[] {
  const binary = Deno.env.get("AUTOSCALER_BINARY");
  if (binary !== undefined && binary !== "") return [binary];
  return [Deno.execPath(), "run", "-A", new URL("../../main.ts", import.meta.url).pathname];
}

export interface AutoscaledOptions {
  /** Own options, before the application. */
  readonly own?: readonly string[];
  readonly app?: string;
  /** gunicorn's options beside --chdir and --bind. */
  readonly gunicorn?: readonly string[];
  readonly venv?: VenvName;
  /** Path of a virtualenv that is none of those. */
  readonly venvPath?: string;
  readonly env?: Record<string, string>;
  /** Wraps the words that start the program: in a control group, a namespace ... */
  readonly wrap?: (words: string[]) => string[];
  /** Wait until a request was answered; true when not given. */
  readonly untilReady?: boolean;
}

/** gunicorn under the autoscaler, on a port of its own, with a runtime folder of its own. */
export class Autoscaled implements AsyncDisposable {
  constructor(
    readonly process: Process,
    readonly port: number,
    /** Where its private runtime folder is made. */
    readonly runtimeBase: string,
    readonly cleanUp: () => PromiseLike<void>,
  ) {}

  /** gunicorn's master; throws while there is none. */
  get master(): number {
    const [master] = children(this.process.pid);
    if (master === undefined) throw new Error(`gunicorn does not run\n${this.process.text("stderr")}`);
    return master;
  }

  /** The master's children. */
  workers(): number[] {
    return children(this.master);
  }

  async untilWorkers(count: number, timeoutMs = 10_000): Promise<void> {
    await until(() => this.workers().length === count, {
      timeoutMs,
      what: () => `${count} workers, there are ${this.workers().length}\n${this.log()}`,
    });
  }

  get(path: string): Promise<{ readonly status: number; readonly body: string }> {
    return get({ port: this.port }, path);
  }

  /** Our own log lines so far. */
  log(): string {
    return this.process.text("stderr").split("\n").filter((line) => line.includes("autoscaler: ")).join("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process[Symbol.asyncDispose]();
    await this.cleanUp();
  }
}

/** Starts an app of tests/support/apps under the autoscaler. */
export async function autoscaled(options: AutoscaledOptions = {}): Promise<Autoscaled> {
  const { own = [], app = "wsgi:app", gunicorn = [], untilReady = true } = options;
  const path = options.venvPath ?? await venv(options.venv ?? "newest");
  const port = freeTcpPort();
  const base = await tempDir();
  const before = ["--runtime-dir", base.path, ...own];
  const words = [
    ...program(),
    ...before,
    app,
    "--chdir",
    appsFolder,
    "--bind",
    `127.0.0.1:${port}`,
    ...gunicorn,
  ];
  const [command, ...args] = options.wrap?.(words) ?? words;
  const process = start(command!, args, {
    env: { PATH: `${path}/bin:${Deno.env.get("PATH")}`, ...options.env },
  });
  const server = new Autoscaled(process, port, base.path, () => base[Symbol.asyncDispose]());
  if (!untilReady) return server;
  try {
    await until(
      () => process.hasEnded || server.get("/").then((answer) => answer.status === 200, () => false),
      { timeoutMs: 60_000, what: () => `an answer\n${process.text("stderr")}` },
    );
    if (process.hasEnded) throw new Error(`It ended:\n${process.text("stderr")}`);
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}
