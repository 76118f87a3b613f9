import { errorText } from "../error_text.ts";
import { isAlive, type ProcessId, sendSignal, SIGNAL_BASE } from "../platform/process_id.ts";
import {
  childrenOf,
  handles,
  takesCountSignals,
  voluntarySwitches,
} from "../sensors/machine/arbiter_search.ts";
import { CommandError, NOT_EXECUTABLE, notStarted } from "./find.ts";
import type { CountSignal } from "./worker_count.ts";

/** A launcher that still runs this long after its gunicorn was stopped gets the signal too, repeatedly. */
const LAUNCHER_MS = 3_000;
/** ... and one that has a handler for it so soon: it expects the signal, and may take its gunicorn for a failed one. */
const HANDLING_LAUNCHER_MS = 1_000;
const LAUNCHER_LOOK_MS = 100;
/**
 * How often a signal to end may be repeated: up to gunicorn 23 the master drops signals when its queue is full. It is
 * repeated until the listeners are closed, or so many times where that is not known, and not while the master waits: a
 * handler of the user's own may sleep, and would begin again. With the probe none is lost, and a second one may be taken
 * for an order to hurry: it is repeated only after the graceful timeout, which ends hooks that block.
 */
const AGAIN_MS = 1_000;
const MOST_AGAIN = 5;
/**
 * A worker that was just forked loses signals until it has its own handlers: without the probe, a signal to end waits so
 * long at most for a worker that we have asked for. gunicorn 25 may end its control server for 2 s before a fork.
 */
const FORK_MS = 3_000;
const FORK_LOOK_MS = 5;

/** What ends gunicorn. */
export type EndSignal = "SIGTERM" | "SIGINT" | "SIGQUIT";

/** What is known of the master that is to end. */
export interface Ending {
  /** Whether it has its listeners; undefined where that is not known. */
  readonly isListening?: () => boolean | undefined;
  /** The graceful timeout of a master with the probe, which serves; undefined for others. */
  readonly graceMs?: () => number | undefined;
}

/** How what we started ended. */
export interface Exit {
  /** Its own code, or 128 + signal. */
  readonly code: number;
  /** The name of the signal that ended it. */
  readonly signal: string | null;
}

/** What is started, and how. */
export interface StartRequest {
  readonly words: readonly string[];
  /** Variables beside those of the autoscaler. */
  readonly added?: Readonly<Record<string, string>>;
}

/**
 * The gunicorn that we started: its master, or a launcher (a shell script, uv run, tini) somewhere below which the master
 * is. Signals go to the master as soon as it is known; the end, and its exit code, are those of what we started.
 */
export class Gunicorn {
  /** What we started. */
  readonly pid: number;
  /** Resolves when it has ended. */
  readonly exited: Promise<Exit>;
  #gone = false;
  #arbiter: ProcessId | undefined;
  #endSignal: EndSignal | undefined;
  #launcherTimer: ReturnType<typeof setInterval> | undefined;
  #againTimer: ReturnType<typeof setInterval> | undefined;
  /** When a worker more was last asked for, and the master's children before. */
  #growth: { readonly atMs: number; readonly before: readonly number[] } | undefined;
  /** Signals to end that wait for it. */
  #held: EndSignal[] = [];
  #heldTimer: ReturnType<typeof setInterval> | undefined;

  private constructor(child: Deno.ChildProcess) {
    this.pid = child.pid;
    this.exited = exitOf(child).finally(() => {
      this.#gone = true;
      clearInterval(this.#launcherTimer);
      clearInterval(this.#againTimer);
      clearInterval(this.#heldTimer);
    });
  }

  /**
   * Starts it with the autoscaler's own standard streams.
   *
   * @throws CommandError
   */
  static start({ words, added = {} }: StartRequest): Gunicorn {
    const [program, ...args] = words;
    const command = new Deno.Command(program!, { args, env: added }); // it inherits our input and output
    let child: Deno.ChildProcess;
    try {
      child = command.spawn();
    } catch (error) {
      throw new CommandError(notStarted(program!, errorText(error)), NOT_EXECUTABLE);
    }
    return new Gunicorn(child);
  }

  /** gunicorn's master as it was last recognised, alive or not; undefined while it is not known. */
  get arbiter(): ProcessId | undefined {
    return this.#arbiter;
  }

  /** Whether gunicorn's master is known and lives. */
  get hasArbiter(): boolean {
    return this.#arbiter !== undefined && isAlive(this.#arbiter);
  }

  /** Whether the master is another process than what we started. */
  get hasLauncher(): boolean {
    return this.#arbiter !== undefined && this.#arbiter.pid !== this.pid;
  }

  /** From now on signals go to this process. One that was sent to the launcher to end it may not have come through. */
  recognise(arbiter: ProcessId): void {
    this.#arbiter = arbiter;
    if (this.#endSignal !== undefined && this.hasLauncher) this.signal(this.#endSignal);
  }

  /** Sends a signal to the master, or to what we started while the master is not known; false when both are gone. */
  signal(signal: Deno.Signal): boolean {
    if (this.hasArbiter) return sendSignal(this.#arbiter!.pid, signal);
    return !this.#gone && sendSignal(this.pid, signal);
  }

  /** Sends a signal that gunicorn handles once it has started: before, it would end it. Returns whether it was sent. */
  passOn(signal: "SIGHUP" | "SIGUSR1" | "SIGWINCH"): boolean {
    const pid = this.hasArbiter ? this.#arbiter!.pid : this.pid;
    return handles(pid, signal) !== false && this.signal(signal);
  }

  /** Ends it by a signal, also a launcher that outlives the master. */
  end(signal: EndSignal, ending: Ending = {}): void {
    this.#held.push(signal);
    this.#endSignal = signal;
    clearInterval(this.#heldTimer);
    const look = () => {
      if (ending.graceMs?.() === undefined && this.#isForking()) return;
      clearInterval(this.#heldTimer);
      for (const held of this.#held.splice(0)) this.signal(held);
      this.#endAgain(signal, ending);
      if (this.#arbiter !== undefined) this.#endLauncher(this.#arbiter, signal);
    };
    this.#heldTimer = setInterval(look, FORK_LOOK_MS);
    look();
  }

  /** Asks the master for a worker more or fewer. Never sent to another program, which it would stop. */
  ring(signal: CountSignal): void {
    if (!this.hasArbiter || !takesCountSignals(this.#arbiter!.pid) || this.#held.length > 0) return;
    const { pid } = this.#arbiter!;
    if (signal === "SIGTTIN") this.#growth = { atMs: performance.now(), before: childrenOf(pid) };
    sendSignal(pid, signal);
  }

  /** Whether the worker that was last asked for is yet to come, or has the master's handlers. */
  #isForking(): boolean {
    const { atMs, before } = this.#growth ?? { atMs: -Infinity, before: [] };
    if (!this.hasArbiter || performance.now() - atMs >= FORK_MS) return false;
    const forked = childrenOf(this.#arbiter!.pid).filter((pid) => !before.includes(pid));
    return forked.length === 0 || forked.some((pid) => handles(pid, "SIGHUP"));
  }

  #endAgain(signal: EndSignal, { isListening, graceMs }: Ending): void {
    clearInterval(this.#againTimer);
    const fromMs = performance.now();
    let times = 0;
    let before: number | undefined;
    this.#againTimer = setInterval(() => {
      const isNeeded = isListening?.() ?? times < MOST_AGAIN;
      if (!isNeeded || !this.hasArbiter) clearInterval(this.#againTimer);
      else {
        const { pid } = this.#arbiter!;
        const grace = graceMs?.();
        const switches = voluntarySwitches(pid);
        const isDue = grace === undefined ? isMoving(before, switches) : performance.now() - fromMs >= grace;
        before = isDue ? undefined : switches;
        // It would kill a launcher that is about to exit, and its exit code would be lost.
        if (!isDue || !handles(pid, "SIGTERM")) return;
        times++;
        this.signal(signal);
      }
    }, AGAIN_MS);
    Deno.unrefTimer(this.#againTimer);
  }

  /** Only once this master is gone: before, the launcher waits for it. */
  #endLauncher(master: ProcessId, signal: EndSignal): void {
    if (!this.hasLauncher) return;
    clearInterval(this.#launcherTimer);
    let sinceMs: number | undefined;
    let times = 0;
    this.#launcherTimer = setInterval(() => {
      if (this.#gone || isAlive(master)) return;
      sinceMs ??= performance.now();
      const isExpected = times === 0 && handles(this.pid, signal) === true;
      if (performance.now() - sinceMs < (isExpected ? HANDLING_LAUNCHER_MS : LAUNCHER_MS)) return;
      times++;
      sinceMs = performance.now();
      sendSignal(this.pid, signal);
    }, LAUNCHER_LOOK_MS);
    Deno.unrefTimer(this.#launcherTimer);
  }
}

/** Deno refuses the status of a process that a real-time signal has ended: it has no name for it, but tells its number. */
async function exitOf(child: Deno.ChildProcess): Promise<Exit> {
  try {
    const { code, signal } = await child.status;
    return { code: signal === null ? code : Math.max(code, SIGNAL_BASE), signal };
  } catch (error) {
    const [, number] = /^Invalid signal: (\d+)/.exec(errorText(error)) ?? [];
    if (number === undefined) throw error;
    return { code: SIGNAL_BASE + Number(number), signal: `signal ${number}` };
  }
}

function isMoving(before: number | undefined, now: number | undefined): boolean {
  return before !== undefined && now !== undefined && now > before;
}
