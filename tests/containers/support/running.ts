/** A container of Podman's: it is reached by its own address, so that no port of the machine is needed. */
import { findProgram } from "../../support/program.ts";
import { type Answer, get, type GetOptions } from "../../support/http.ts";
import { until } from "../../support/wait.ts";
import type { Engine, Outcome } from "./engine.ts";

/** All images listen there. */
const PORT = 8000;
/** From `podman run` to the first answer, on a busy machine. */
const READY_MS = 60_000;

/** What is run, and how. */
export interface RunOptions {
  /** Options of `podman run`. */
  readonly options?: readonly string[];
  readonly image: string;
  /** The command; the image's own without. */
  readonly words?: readonly string[];
}

export class RunningContainer implements AsyncDisposable {
  private constructor(readonly engine: Engine, readonly id: string) {}

  static async start(
    engine: Engine,
    { options = [], image, words = [] }: RunOptions,
  ): Promise<RunningContainer> {
    const id = await engine.podman(["run", "--detach", ...options, image, ...words]);
    return new RunningContainer(engine, id);
  }

  /** Waits until it answers. @throws with what it logged, when it ends before or takes a minute */
  async untilReady(): Promise<void> {
    let log = "";
    await until(async () => {
      log = await this.log();
      if (await this.#inspect("{{.State.Running}}") !== "true") throw new Error(`It ended:\n${log}`);
      return await this.get("/").then(({ status }) => status === 200, () => false);
    }, { timeoutMs: READY_MS, everyMs: 100, what: () => `an answer\n${log}` });
  }

  async get(path: string, options: GetOptions = {}): Promise<Answer> {
    return await get({ hostname: await this.address(), port: PORT }, path, options);
  }

  /** Its IP address. */
  async address(): Promise<string> {
    return this.#address ??= await this.#inspect("{{.NetworkSettings.IPAddress}}");
  }
  #address: string | undefined;

  exec(...words: string[]): Promise<Outcome> {
    return this.engine.tryPodman(["exec", this.id, ...words]);
  }

  /** Runs the image's health check. */
  healthCheck(): Promise<Outcome> {
    return this.engine.tryPodman(["healthcheck", "run", this.id]);
  }

  /** All its output so far. */
  async log(): Promise<string> {
    const { stdout, stderr } = await this.engine.tryPodman(["logs", this.id]);
    return `${stdout}\n${stderr}`.trim();
  }

  /** Sends the stop signal, as `podman stop --time 35` does, and returns the exit code. */
  async stop(): Promise<number> {
    await this.engine.podman(["stop", "--time", "35", this.id]);
    return await this.exitCode();
  }

  /** Waits for its end. */
  async exitCode(): Promise<number> {
    return Number(await this.engine.podman(["wait", this.id]));
  }

  /** Ends it, and removes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine.podman(["rm", "--force", "--time", "0", this.id]);
  }

  async #inspect(format: string): Promise<string> {
    return await this.engine.podman(["inspect", "--format", format, this.id]);
  }
}

/** Lines of a log that no start, growth or stop should have. */
export function problems(log: string): string[] {
  return log.split("\n").filter((line) => /\[(ERROR|CRITICAL)\]|Traceback|\bCannot\b| error /i.test(line));
}

/** An init for `--init`: Podman's own, else tini; undefined where there is none. */
export async function findInit(): Promise<string | undefined> {
  return await findProgram("catatonit") ?? await findProgram("tini");
}
