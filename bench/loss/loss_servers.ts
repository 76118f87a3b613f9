/** gunicorn with its worker classes, scaled by us or by bare signals, for counting what scaling loses. */
import { askInstance } from "../../src/commands/running/control_client.ts";
import type { StatusReport } from "../../src/status/status_types.ts";
import { appsFolder } from "../../tests/support/apps.ts";
import { type Autoscaled, autoscaled } from "../../tests/support/autoscaled.ts";
import { get } from "../../tests/support/http.ts";
import { freeTcpPort } from "../../tests/support/port.ts";
import { type Process, start } from "../../tests/support/process.ts";
import { children } from "../../tests/support/processes.ts";
import { runtimeFolder } from "../../tests/support/running_commands.ts";
import { bin, venv, type VenvName } from "../../tests/support/venv.ts";
import { until } from "../../tests/support/wait.ts";

/** A worker class, with what one worker of it needs to serve the load. */
export interface WorkerClass {
  readonly app: string;
  readonly gunicorn: readonly string[];
  /** Options of ours; a gunicorn alone does not get them. */
  readonly own?: readonly string[];
  readonly env?: Record<string, string>;
  /** Whether requests of seconds fill a worker: few of them then. */
  readonly oneAtATime?: boolean;
}

/** The worker classes that are measured, by name. */
export const workerClasses = {
  sync: { app: "wsgi:app", gunicorn: [], oneAtATime: true },
  gthread: { app: "wsgi:app", gunicorn: ["--threads", "8"] },
  gevent: { app: "wsgi:app", gunicorn: ["-k", "gevent"] },
  uvicorn: { app: "asgi:app", gunicorn: ["-k", "uvicorn_worker.UvicornWorker"] },
  asgi: { app: "asgi:app", gunicorn: ["-k", "asgi"] },
  // The same without uvloop: asyncio's own loop, and h11 rather than httptools.
  "uvicorn-asyncio": { app: "asgi:app", gunicorn: ["-k", "uvicorn_worker.UvicornH11Worker"] },
  "asgi-asyncio": { app: "asgi:app", gunicorn: ["-k", "asgi", "--asgi-loop", "asyncio"] },
} as const satisfies Record<string, WorkerClass>;

/** The name of one of them. */
export type WorkerClassName = keyof typeof workerClasses;

/** A server whose number of workers can be changed. */
export interface Scaled extends AsyncDisposable {
  readonly port: number;
  /** Asks for a number of workers, and returns when all of them serve; retired ones may still drain. */
  scale(workers: number): Promise<void>;
  /** Waits until the retired workers have ended. */
  gone(workers: number): Promise<void>;
  /** Sends SIGHUP, and returns when all workers are new ones and serve. */
  reload(): Promise<void>;
  /** Only sends SIGHUP. */
  hangUp(): void;
  /** The living workers. */
  workers(): number[];
  /** All that it said so far. */
  text(): string;
}

const MOST_WORKERS = 8;
const DEADLINE_MS = 60_000;
/** All retired workers must be gone by then: requests last 3 s at most, gunicorn's graceful timeout is 30 s. */
const GONE_MS = 45_000;

/** gunicorn under the autoscaler, steered as the `scale` command does it. */
export async function underUs(kind: WorkerClass, python: VenvName): Promise<Scaled> {
  const server = await autoscaled({
    own: ["--min-workers", "1", "--max-workers", String(MOST_WORKERS), ...kind.own ?? []],
    app: kind.app,
    gunicorn: kind.gunicorn,
    venv: python,
    ...(kind.env === undefined ? {} : { env: kind.env }),
  });
  return new UnderUs(server, await runtimeFolder(server));
}

class UnderUs implements Scaled {
  constructor(readonly server: Autoscaled, readonly dir: string) {}

  get port(): number {
    return this.server.port;
  }

  async gone(workers: number): Promise<void> {
    await this.server.untilWorkers(workers, GONE_MS);
  }

  async scale(workers: number): Promise<void> {
    const { status, body } = await askInstance(
      this.dir,
      "POST",
      "/order",
      JSON.stringify({ kind: "pinned", workers }),
    );
    if (status !== 200) throw new Error(`Cannot scale to ${workers}: ${body}`);
    await until(async () => await this.#ready() === workers, {
      timeoutMs: DEADLINE_MS,
      everyMs: 20,
      what: () => `${workers} workers\n${this.server.process.text("stderr")}`,
    });
  }

  workers(): number[] {
    return this.server.workers();
  }

  text(): string {
    return this.server.process.text();
  }

  hangUp(): void {
    this.server.process.signal("SIGHUP");
  }

  async reload(): Promise<void> {
    const before = this.server.workers();
    this.hangUp();
    await replaced(() => this.server.workers(), before, this.server.process);
    await until(async () => await this.#ready() === before.length, {
      timeoutMs: DEADLINE_MS,
      everyMs: 20,
      what: () => `${before.length} workers\n${this.server.process.text("stderr")}`,
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.server[Symbol.asyncDispose]();
  }

  async #ready(): Promise<number> {
    const { body } = await askInstance(this.dir, "GET", "/status");
    const { target, workers } = JSON.parse(body) as StatusReport;
    return workers.settled && workers.ready === target ? target : -1;
  }
}

async function replaced(now: () => number[], before: readonly number[], process: Process): Promise<void> {
  await until(() => {
    const pids = now();
    return pids.length > 0 && !pids.some((pid) => before.includes(pid));
  }, { timeoutMs: GONE_MS, what: () => `other workers\n${process.text("stderr")}` });
}

/** gunicorn alone, steered by SIGTTIN and SIGTTOU. */
export async function bare(kind: WorkerClass, python: VenvName): Promise<Scaled> {
  const port = freeTcpPort();
  const args = [kind.app, "--chdir", appsFolder, "--bind", `127.0.0.1:${port}`, ...kind.gunicorn];
  const server = new Bare(
    start(bin(await venv(python), "gunicorn"), args, kind.env === undefined ? {} : { env: kind.env }),
    port,
  );
  await until(() => get({ port }, "/").then((answer) => answer.status === 200, () => false), {
    timeoutMs: 20_000,
    what: "an answer",
  });
  return server;
}

/** Signals closer than this may become one; one that has not shown for so long is sent again. */
const BETWEEN_SIGNALS_MS = 20, RESEND_MS = 1_000;
/** Bare gunicorn publishes neither the end of a drain nor its own count: a shrink gets this long. */
const BARE_GONE_MS = 10_000;

class Bare implements Scaled {
  #workers = 1;

  constructor(readonly process: Process, readonly port: number) {}

  async scale(workers: number): Promise<void> {
    const grows = workers > this.#workers;
    for (; this.#workers !== workers; this.#workers += grows ? 1 : -1) {
      this.process.signal(grows ? "SIGTTIN" : "SIGTTOU");
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_SIGNALS_MS));
    }
    // Serving and leaving workers look alike from outside: growth is done when the processes are there.
    if (!grows) return;
    let sentMs = performance.now();
    await until(() => {
      if (this.#alive() >= workers) return true;
      if (performance.now() - sentMs < RESEND_MS) return false;
      sentMs = performance.now();
      this.process.signal("SIGTTIN");
      return false;
    }, { timeoutMs: DEADLINE_MS, what: () => `${workers} workers, there are ${this.#alive()}` });
  }

  workers(): number[] {
    return children(this.process.pid);
  }

  text(): string {
    return this.process.text();
  }

  hangUp(): void {
    this.process.signal("SIGHUP");
  }

  async reload(): Promise<void> {
    const before = children(this.process.pid);
    this.hangUp();
    await replaced(() => children(this.process.pid), before, this.process); // to as many as configured: one
  }

  async gone(workers: number): Promise<void> {
    const endMs = performance.now() + BARE_GONE_MS;
    await until(() => this.#alive() === workers || performance.now() > endMs, {
      timeoutMs: 2 * BARE_GONE_MS,
      what: "the end of the retired workers",
    });
  }

  #alive(): number {
    return children(this.process.pid).length;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.process[Symbol.asyncDispose]();
  }
}
