import type { LaunchPlan } from "./launch_plan.ts";

/** Exit code of a program that a signal ended, as shells give it: 128 + its number. */
const SIGNAL_BASE = 128;

/** How gunicorn ended. */
export interface Exit {
  /** gunicorn's own code, or 128 + signal. */
  readonly code: number;
  readonly signal: Deno.Signal | null;
}

/** The gunicorn master that we started. */
export class Gunicorn {
  readonly pid: number;
  /** Fulfilled when it has ended. */
  readonly exited: Promise<Exit>;
  #gone = false;

  private constructor(child: Deno.ChildProcess) {
    this.pid = child.pid;
    this.exited = child.status.then((status) => {
      this.#gone = true;
      const code = status.signal === null ? status.code : Math.max(status.code, SIGNAL_BASE);
      return { code, signal: status.signal };
    });
  }

  /** Starts gunicorn with our own standard streams: what it prints passes through untouched. */
  static start(words: readonly string[], plan: LaunchPlan): Gunicorn {
    const [program, ...rest] = words;
    const command = new Deno.Command(program!, {
      args: [...rest, ...plan.args],
      stdin: "inherit",
      stdout: "inherit",
      stderr: "inherit",
    });
    return new Gunicorn(command.spawn());
  }

  /** Sends a signal; false when gunicorn is gone. */
  signal(signal: Deno.Signal): boolean {
    if (this.#gone) return false;
    try {
      Deno.kill(this.pid, signal);
      return true;
    } catch {
      return false;
    }
  }
}
