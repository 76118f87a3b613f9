/** One application, started in one way, while requests arrive: 1 to 4 to 1 workers, a reload, a stop. */
import { delay } from "@std/async/delay";
import { runLoad } from "../../bench/load/load.ts";
import { parsePhases } from "../../bench/load/phases.ts";
import { program } from "../support/autoscaled.ts";
import { get } from "../support/http.ts";
import { freeTcpPort } from "../support/port.ts";
import { type Process, run, start } from "../support/process.ts";
import { children } from "../support/processes.ts";
import { tempDir } from "../support/tempdir.ts";
import { until } from "../support/wait.ts";
import type { Application } from "./catalog.ts";
import { exchanges } from "./exchanges.ts";

/** By gunicorn alone, or under the autoscaler. */
export type Way = "bare" | "wrapped";

/** What was seen. */
export interface Trial {
  readonly application: string;
  readonly way: Way;
  /** From the start to the first answer, s. */
  readonly startS: number;
  readonly scaling: Lost;
  readonly reload: Lost;
  /** From TERM to the end, s. */
  readonly stopS: number;
  readonly exitCode: number;
}

/** Requests sent during an act, and those of them that were not answered with success. */
export interface Lost {
  readonly sent: number;
  readonly lost: number;
}

const FEW = 1;
const MANY = 4;
const START_MS = 90_000;
const WORKERS_MS = 60_000;
const STOP_MS = 45_000;

/** @param bin the bin folder of the application's virtualenv */
export async function tryApplication(application: Application, way: Way, bin: string): Promise<Trial> {
  await using folder = await tempDir();
  await using runtime = await tempDir();
  const place = { folder, bin };
  await application.prepare?.(place);
  const port = freeTcpPort();
  const own = ["--runtime-dir", runtime.path, `--min-workers=${FEW}`, `--max-workers=${MANY}`];
  const before = way === "bare" ? [`${bin}/gunicorn`] : [...program(), ...own];
  // Of two -w the later counts.
  const words = [...application.words(place), "--bind", `127.0.0.1:${port}`, "-w", String(FEW)];
  const startMs = performance.now();
  await using process = start(before[0]!, [...before.slice(1), ...words], {
    cwd: folder.path,
    env: { PATH: `${bin}:${Deno.env.get("PATH")}`, ...application.env?.(place) },
  });
  const server = new Server(process, port, way, runtime.path);
  await server.untilReady(application.path);
  const startS = (performance.now() - startMs) / 1000;
  await server.scale(FEW);
  const { perSecond, path, webSocket } = application;
  const load = async (seconds: number, act: () => Promise<void>): Promise<Lost> => {
    const phases = parsePhases(`${perSecond}x${seconds}s:${path}`);
    const sockets = webSocket === undefined ? 0 : perSecond * seconds;
    const [report, exchanged] = await Promise.all([
      runLoad({ port, phases, arrivals: "uniform", seed: 1 }),
      exchanges(`ws://127.0.0.1:${port}${webSocket}`, perSecond, sockets),
      act(),
    ]);
    return { sent: report.sent + sockets, lost: report.sent - report.ok + sockets - exchanged };
  };
  const scaling = await load(6, async () => {
    await delay(1_000);
    await server.scale(MANY);
    await delay(1_000);
    await server.scale(FEW);
  });
  const reload = await load(4, async () => {
    await delay(1_000);
    await server.reload();
  });
  const stopMs = performance.now();
  const { code } = await process.stop("SIGTERM", STOP_MS);
  const stopS = (performance.now() - stopMs) / 1000;
  return { application: application.name, way, startS, scaling, reload, stopS, exitCode: code };
}

class Server {
  constructor(
    readonly process: Process,
    readonly port: number,
    readonly way: Way,
    readonly runtimeBase: string,
  ) {}

  async untilReady(path: string): Promise<void> {
    await until(async () => {
      if (this.process.hasEnded) throw new Error(`It ended: ${this.#lastLines()}`);
      const answer = await get({ port: this.port }, path, { timeoutMs: 5_000 }).catch(() => undefined);
      return answer?.status === 200;
    }, { timeoutMs: START_MS, everyMs: 20, what: () => `an answer with 200: ${this.#lastLines()}` });
  }

  /** Asks for a number of workers, and waits until there are so many. */
  async scale(workers: number): Promise<void> {
    if (this.way === "bare") {
      // One by one: two signals that come together are one to the kernel.
      for (let next = this.#workers().length + 1; next <= workers; next++) {
        await this.#change("SIGTTIN", next);
      }
      for (let next = this.#workers().length - 1; next >= workers; next--) {
        await this.#change("SIGTTOU", next);
      }
    } else {
      const [command, ...args] = program();
      const env = { GUNICORN_AUTOSCALER_RUNTIME_DIR: this.runtimeBase };
      const { code, stderr } = await run(command!, [...args, "scale", String(workers)], { env });
      if (code !== 0) throw new Error(`Cannot scale: ${stderr}`);
    }
    await this.#untilWorkers(workers);
  }

  async #change(signal: Deno.Signal, workers: number): Promise<void> {
    this.#signal(signal);
    await this.#untilWorkers(workers);
  }

  async #untilWorkers(workers: number): Promise<void> {
    await until(() => this.#workers().length === workers, {
      timeoutMs: WORKERS_MS,
      what: () => `${workers} workers, there are ${this.#workers().length}: ${this.#lastLines()}`,
    });
  }

  /** HUP, and waits until the workers that were there are gone and there are new ones. */
  async reload(): Promise<void> {
    const old = this.#workers();
    this.#signal("SIGHUP");
    await until(() => {
      const now = this.#workers();
      return now.length > 0 && !now.some((pid) => old.includes(pid));
    }, { timeoutMs: STOP_MS, what: () => `new workers: ${this.#lastLines()}` });
  }

  #signal(signal: Deno.Signal): void {
    this.process.signal(signal);
  }

  #workers(): number[] {
    const master = this.way === "bare" ? this.process.pid : children(this.process.pid)[0];
    return master === undefined ? [] : children(master);
  }

  #lastLines(): string {
    return this.process.lines.slice(-8).map(({ text }) => text).join("\n");
  }
}
