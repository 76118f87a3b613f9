import { program } from "../../support/autoscaled.ts";
import { get } from "../../support/http.ts";
import type { MemoryCgroup } from "../../support/containers/memory_cgroup.ts";
import { type Process, run } from "../../support/process.ts";
import { children } from "../../support/processes.ts";
import { until } from "../../support/wait.ts";

/** What a server of a set-up is made of. */
export interface ServerParts {
  readonly process: Process;
  readonly port: number;
  readonly isWrapped: boolean;
  /** Where the wrapped one makes its runtime folder. */
  readonly runtimeBase: string;
  /** The control group that limits its memory. */
  readonly group: MemoryCgroup | undefined;
}

/** gunicorn of a set-up, bare or wrapped. Its app answers each request with the pid of the worker. */
export class Server {
  readonly process: Process;
  readonly port: number;
  readonly isWrapped: boolean;
  /** A folder of its own: runtime folders, and what the app keeps in $XDG_RUNTIME_DIR. */
  readonly runtimeBase: string;
  readonly #group: MemoryCgroup | undefined;

  constructor(parts: ServerParts) {
    this.process = parts.process;
    this.port = parts.port;
    this.isWrapped = parts.isWrapped;
    this.runtimeBase = parts.runtimeBase;
    this.#group = parts.group;
  }

  /** The status of an answer; 0 when there was none, or not within `timeoutMs`. */
  async status(path: string, timeoutMs = 30_000): Promise<number> {
    return await get({ port: this.port }, path, { timeoutMs }).then((answer) => answer.status, () => 0);
  }

  /** Pid of the worker that answers a request. */
  async answeringWorker(): Promise<number> {
    return Number((await get({ port: this.port }, "/", { timeoutMs: 30_000 })).body);
  }

  /** Pid of the arbiter by its own word, whatever stands between it and us. */
  async arbiter(): Promise<number> {
    const [, pid] = await this.process.line(/Listening at: .* \((\d+)\)$/, { timeoutMs: 30_000 });
    return Number(pid);
  }

  /** Brings the number of workers from `from` to `to`: by our command, or by signals to a bare gunicorn. */
  async scale(from: number, to: number): Promise<void> {
    if (this.isWrapped) {
      const [path, ...args] = program();
      const ended = await run(path!, [...args, "scale", String(to)], {
        env: { GUNICORN_AUTOSCALER_RUNTIME_DIR: this.runtimeBase, NO_COLOR: "1" },
      });
      if (ended.code !== 0) throw new Error(`scale ${to}: ${ended.stderr}`);
      return;
    }
    const arbiter = await this.arbiter();
    const signal = to > from ? "SIGTTIN" : "SIGTTOU";
    for (let i = 0; i < Math.abs(to - from); i++) {
      const mark = this.process.mark();
      Deno.kill(arbiter, signal);
      await this.process.line(new RegExp(`Handling signal: ${signal.slice(3).toLowerCase()}`), {
        from: mark,
      });
    }
  }

  /** Waits until the arbiter has `count` children. */
  async untilWorkers(count: number, timeoutMs = 20_000): Promise<void> {
    const arbiter = await this.arbiter();
    await until(() => children(arbiter).length === count, {
      timeoutMs,
      what: () => `${count} workers, there are ${children(arbiter).length}\n${this.process.text()}`,
    });
  }

  /** Processes that the kernel killed because memory ran out, where memoryMiB limits it. */
  oomKills(): number {
    return this.#group?.oomKills() ?? 0;
  }

  /** Sends TERM as a container runtime does, and waits for the end; the exit code. */
  async stop(timeoutMs = 40_000): Promise<number> {
    return (await this.process.stop("SIGTERM", timeoutMs)).code;
  }
}
