import type { Logger } from "@logtape/logtape";
import { errorText } from "../error_text.ts";
import type { EarlySignals } from "../platform/early_signals.ts";
import type { Ending, EndSignal, Gunicorn } from "./process.ts";

/** What the lifecycle needs of the rest of the program. */
export interface LifecycleParts {
  readonly gunicorn: Gunicorn;
  readonly log: Logger;
  /** gunicorn has a signal to end: deciding stops once its listeners are closed. */
  readonly onEnd: () => void;
  /** What is known of gunicorn's master when it is to end. */
  readonly ending: Ending;
  /** Moves the minimum; returns the new one. */
  readonly moveMinimum: (by: 1 | -1) => number;
  /** Called before a HUP reaches gunicorn, which reads the wrapper config again. */
  readonly beforeReload: () => void;
  /** Called before a signal is passed on: to the master, where that is known. */
  readonly lookForMaster: () => void;
  /** Called on each SIGUSR1: some versions of Deno open their inspector on it. */
  readonly onUsr1: () => void;
  /** Called when gunicorn's master says that it has woken. */
  readonly onWoken: () => void;
}

/**
 * Signals sent to the autoscaler. TERM, INT, QUIT end gunicorn the way they end it alone; HUP, USR1, WINCH
 * are passed on; TTIN and TTOU move the minimum; USR2 is refused.
 */
export class Lifecycle {
  readonly #parts: LifecycleParts;
  readonly #listeners: [Deno.Signal, () => void][] = [];

  constructor(parts: LifecycleParts) {
    this.#parts = parts;
  }

  /** Handles signals from now on, and those that came before. */
  listen(early: EarlySignals): void {
    for (const signal of ["SIGTERM", "SIGINT", "SIGQUIT"] as const) this.#on(signal, () => this.#end(signal));
    this.#on("SIGHUP", () => {
      try {
        this.#parts.beforeReload();
      } catch (error) {
        // Without a descriptor, say. What gunicorn needs is there in most cases, and it looks for itself.
        this.#parts.log.warn("{problem}; SIGHUP is passed on all the same", { problem: errorText(error) });
      }
      this.#passOn("SIGHUP");
    });
    this.#on("SIGWINCH", () => this.#passOn("SIGWINCH"));
    this.#on("SIGUSR1", () => this.#usr1());
    this.#on("SIGUSR2", () =>
      this.#parts.log.warn(
        "Cannot pass on SIGUSR2: the new master would run without an autoscaler, " +
          "reload with SIGHUP or start a second instance instead",
      ));
    this.#on("SIGURG", () => this.#parts.onWoken());
    this.#on("SIGTTIN", () => this.#moveMinimum(1));
    this.#on("SIGTTOU", () => this.#moveMinimum(-1));
    early.handOver((signal) => this.#listeners.find(([handled]) => handled === signal)?.[1]());
  }

  /** Restores the default handlers. */
  close(): void {
    for (const [signal, listener] of this.#listeners) Deno.removeSignalListener(signal, listener);
    this.#listeners.length = 0;
  }

  #on(signal: Deno.Signal, listener: () => void): void {
    Deno.addSignalListener(signal, listener);
    this.#listeners.push([signal, listener]);
  }

  #end(signal: EndSignal): void {
    this.#parts.log.info("{signal}: passed on to gunicorn", { signal });
    this.#parts.lookForMaster();
    this.#parts.gunicorn.end(signal, this.#parts.ending);
    this.#parts.onEnd();
  }

  #passOn(signal: "SIGHUP" | "SIGUSR1" | "SIGWINCH"): void {
    this.#parts.lookForMaster();
    if (this.#parts.gunicorn.passOn(signal)) return;
    this.#parts.log.info("{signal}: not passed on, gunicorn is still starting or ends", { signal });
  }

  #usr1(): void {
    this.#parts.onUsr1();
    this.#passOn("SIGUSR1");
  }

  #moveMinimum(by: 1 | -1): void {
    const minimum = this.#parts.moveMinimum(by);
    this.#parts.log.info("{signal}: the minimum is now {minimum}", {
      signal: by > 0 ? "SIGTTIN" : "SIGTTOU",
      minimum,
    });
  }
}
