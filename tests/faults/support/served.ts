/** gunicorn by one of three ways: under the autoscaler, alone, and under the Rust program of the same name. */
import { rustProgram } from "../../../bench/servers/rivals.ts";
import { appsFolder } from "../../support/apps.ts";
import { autoscaled } from "../../support/autoscaled.ts";
import { freeTcpPort, freeUdpPort } from "../../support/port.ts";
import { type Process, start } from "../../support/process.ts";
import { children } from "../../support/processes.ts";
import { bin, venv } from "../../support/venv.ts";
import { until } from "../../support/wait.ts";
import { answers } from "./answers.ts";
import type { Served, ServedOptions } from "./server.ts";
import { untilBooted } from "./steady.ts";

/** The autoscaler, ready to answer. */
export async function startOurs(options: ServedOptions): Promise<Served> {
  const { workers, maxWorkers = workers, app, gunicorn = [], env = {} } = options;
  const server = await autoscaled({
    own: ["--min-workers", String(workers), "--max-workers", String(maxWorkers)],
    ...(app === undefined ? {} : { app }),
    gunicorn,
    env,
  });
  await untilBooted(server, workers);
  return server;
}

/** gunicorn alone, with a fixed number of workers. */
export async function startBare(options: ServedOptions): Promise<Served> {
  const { workers, app = "wsgi:app", gunicorn = [], env = {} } = options;
  const port = freeTcpPort();
  const args = [
    app,
    "--chdir",
    appsFolder,
    "--bind",
    `127.0.0.1:${port}`,
    "-w",
    String(workers),
    ...gunicorn,
  ];
  const process = start(bin(await venv("newest"), "gunicorn"), args, { env });
  return await ready(process, port, () => process.pid, workers);
}

/** The Rust program on its defaults but for the bounds; undefined where it is not installed. */
export async function startRust(options: ServedOptions): Promise<Served | undefined> {
  const { workers, maxWorkers = workers, app = "wsgi:app", gunicorn = [], env = {} } = options;
  const program = await rustProgram();
  if (program === undefined) return undefined;
  const port = freeTcpPort();
  const process = start(program, [app, "--chdir", appsFolder, "--bind", `127.0.0.1:${port}`, ...gunicorn], {
    env: {
      GUNICORN_AUTOSCALER_MIN_WORKERS: String(workers),
      GUNICORN_AUTOSCALER_MAX_WORKERS: String(maxWorkers),
      GUNICORN_AUTOSCALER_STATSD_ADDR: `127.0.0.1:${freeUdpPort()}`,
      PATH: `${await venv("newest")}/bin:${Deno.env.get("PATH") ?? ""}`,
      ...env,
    },
  });
  return await ready(process, port, () => children(process.pid)[0] ?? 0, workers);
}

async function ready(process: Process, port: number, master: () => number, workers: number): Promise<Served> {
  const server: Served = {
    process,
    port,
    get master() {
      return master();
    },
    workers: () => children(master()),
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  };
  try {
    await until(async () => process.hasEnded || server.workers().length === workers && await answers(port), {
      timeoutMs: 60_000,
      what: () => `${workers} workers\n${process.text()}`,
    });
    if (process.hasEnded) throw new Error(`It ended:\n${process.text()}`);
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}
