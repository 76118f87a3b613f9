/** The FastAPI example under the autoscaler: what the demo drives. */
import { get } from "../../tests/support/http.ts";
import { freeTcpPort } from "../../tests/support/port.ts";
import { type Process, start } from "../../tests/support/process.ts";
import { bin, makeVenv } from "../../tests/support/venv.ts";
import { until } from "../../tests/support/wait.ts";

const repository = new URL("../../", import.meta.url).pathname;
const app = `${repository}examples/fastapi`;

export interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly sloMs: number;
}

/** Path of the virtualenv with what examples/fastapi/requirements.txt names; made when it is missing. */
export async function demoVenv(): Promise<string> {
  const text = await Deno.readTextFile(`${app}/requirements.txt`);
  return await makeVenv(`${repository}.venvs/demo`, text.split("\n").filter((line) => line !== ""));
}

/** A running autoscaler, whose decisions can be read as they come. */
export class DemoServer implements AsyncDisposable {
  readonly port: number;
  /** Where the dashboard is while the demo runs. */
  readonly dashboard: string;
  readonly #process: Process;
  #read = 0;

  private constructor(port: number, statusPort: number, process: Process) {
    this.port = port;
    this.dashboard = `http://127.0.0.1:${statusPort}/`;
    this.#process = process;
  }

  /** Starts it, and waits until the application answers. */
  static async start(venv: string, { min, max, sloMs }: Bounds): Promise<DemoServer> {
    const [port, statusPort] = [freeTcpPort(), freeTcpPort()];
    const process = start(Deno.execPath(), [
      "run",
      "-A",
      `${repository}main.ts`,
      "--log-format=json",
      `--gunicorn=${bin(venv, "gunicorn")}`,
      `--min-workers=${min}`,
      `--max-workers=${max}`,
      `--slo-p95-ms=${sloMs}`,
      `--status-addr=127.0.0.1:${statusPort}`,
      "--target-conc-per-worker=4", // half of the pool of 8 connections that a worker has
      "main:app",
      "--worker-class=uvicorn_worker.UvicornWorker",
      "--preload",
      `--bind=127.0.0.1:${port}`,
      "--log-level=warning",
    ], { cwd: app });
    const server = new DemoServer(port, statusPort, process);
    try {
      await until(async () => process.hasEnded || await server.#answers(), {
        timeoutMs: 30_000,
        everyMs: 50,
        what: () => `the first answer; output of the server:\n${process.text()}`,
      });
      if (process.hasEnded) throw new Error(`Cannot show the demo: the server ended\n${process.text()}`);
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
    return server;
  }

  get pid(): number {
    return this.#process.pid;
  }

  get hasEnded(): boolean {
    return this.#process.hasEnded;
  }

  /** All output of the server. */
  get output(): string {
    return this.#process.text();
  }

  /** The decisions to grow or shrink since the last call: performance.now() and sentence. */
  decisions(): { atMs: number; text: string }[] {
    const lines = this.#process.lines.slice(this.#read);
    this.#read += lines.length;
    return lines.flatMap(({ text, atMs }) => {
      if (!text.startsWith("{")) return [];
      const { action, message } = JSON.parse(text) as { action?: string; message: string };
      return action === undefined ? [] : [{ atMs, text: message }];
    });
  }

  /** Ends it and everything that it started. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }

  async #answers(): Promise<boolean> {
    try {
      return (await get({ port: this.port }, "/", { timeoutMs: 1_000 })).status === 200;
    } catch {
      return false;
    }
  }
}
