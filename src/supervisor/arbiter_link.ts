import type { Logger } from "@logtape/logtape";
import type { Gunicorn } from "../gunicorn/process.ts";
import { type CountSignal, Doorbell, SignalSteps, type WorkerCount } from "../gunicorn/worker_count.ts";
import { isAlive } from "../platform/process_id.ts";
import { findArbiter, showsOurs } from "../sensors/machine/arbiter_search.ts";
import type { ArbiterFile } from "../sensors/probe/arbiter_file.ts";

/** What a link is made of. */
export interface ArbiterLinkParts {
  readonly gunicorn: Gunicorn;
  /** undefined with the probe off. */
  readonly file: ArbiterFile | undefined;
  /** Workers that gunicorn is told to start with; undefined when its own configuration decides. */
  readonly initialWorkers: number | undefined;
  /** What was started is a program that starts gunicorn itself. */
  readonly isProgram: boolean;
  /** Options in use that have no effect without the probe. */
  readonly needProbe: readonly string[];
  readonly log: Logger;
  /** The master's workers at the last look. */
  readonly workers: () => number;
  readonly nowMs: number;
}

/** How often the master is looked up again. */
const LOOK_MS = 200;
/** A master attaches the probe before it has handlers for signals: one that has had them for this long will not. */
const PROBE_SILENT_MS = 2_000;
/** Without a gunicorn for this long a line is logged. */
const NO_MASTER_MS = 9_000;

/** gunicorn's master, and the way to ask it for workers. */
export class ArbiterLink {
  readonly #parts: ArbiterLinkParts;
  #count: Doorbell | SignalSteps;
  #lookAtMs = -Infinity;
  #pid = 0;
  #foundAtMs: number | undefined;
  #wasClaimed = false;
  #isMissingLogged = false;
  #startedWith: number | undefined;

  constructor(parts: ArbiterLinkParts) {
    this.#parts = parts;
    this.#count = parts.file === undefined
      ? this.#steps(parts.initialWorkers ?? 1)
      : this.#doorbell(parts.file);
  }

  /** The present way to ask for workers. */
  get count(): WorkerCount {
    return this.#count;
  }

  /** Confirmations of requests for workers. */
  get confirmed(): { readonly confirmations: number; readonly retries: number } {
    return this.#count;
  }

  /** Whether the probe counts: false when it is off, or did not attach. */
  get hasProbe(): boolean {
    return this.#count instanceof Doorbell;
  }

  /** Workers that a gunicorn without the probe had when that was noticed: its own number. */
  get startedWith(): number | undefined {
    return this.#startedWith;
  }

  /** The pid of gunicorn's master; 0 while there is none. */
  look(nowMs: number): number {
    const { gunicorn } = this.#parts;
    if (nowMs >= this.#lookAtMs || (this.#pid === 0 && this.lookForClaim())) {
      this.#lookAtMs = nowMs + LOOK_MS;
      this.#recognise(nowMs);
      this.#pid = gunicorn.hasArbiter ? gunicorn.arbiter!.pid : 0;
    }
    return this.#pid;
  }

  /** Looks whether a master has claimed the arbiter file. */
  lookForClaim(): boolean {
    const { gunicorn, file } = this.#parts;
    const claimed = file?.claimed();
    if (claimed === undefined || !isAlive(claimed)) return false;
    this.#wasClaimed = true;
    if (claimed.pid !== gunicorn.arbiter?.pid) gunicorn.recognise(claimed);
    if (!this.hasProbe) this.#count = this.#doorbell(file!);
    return true;
  }

  #recognise(nowMs: number): void {
    const { gunicorn } = this.#parts;
    if (this.lookForClaim()) return;
    if (!gunicorn.hasArbiter) {
      this.#foundAtMs = undefined;
      const isSeen = showsOurs();
      const found = isSeen ? findArbiter(gunicorn.pid) : undefined;
      if (found === undefined) return this.#logMissing(nowMs, isSeen);
      gunicorn.recognise(found);
    }
    this.#foundAtMs ??= nowMs;
    if (this.hasProbe && nowMs - this.#foundAtMs >= PROBE_SILENT_MS) this.#giveUpOnProbe();
  }

  /** gunicorn runs without the probe; so does the autoscaler. */
  #giveUpOnProbe(): void {
    const { gunicorn, isProgram, needProbe, log, workers, initialWorkers } = this.#parts;
    const remedy = this.#wasClaimed
      ? "; SIGUSR2 has started this gunicorn: the probe is back once gunicorn-autoscaler is started again"
      : isProgram
      ? "; this gunicorn has a config of its own (-c) or reads none (a subclass of BaseApplication), and so not " +
        "GUNICORN_CMD_ARGS: start it with gunicorn-autoscaler in the place of gunicorn, or have its load_config read that"
      : gunicorn.hasLauncher
      ? "; have the launcher pass its arguments on to gunicorn, where ours is the last -c, and keep its user"
      : "; if gunicorn's log does not say why, have what --gunicorn names pass its arguments on, where ours is the last -c";
    const lost = needProbe.length > 0 ? `, without ${needProbe.join(" and ")}` : "";
    log.warn(
      `the probe could not attach: scaling continues by single signals, on the accept queue and CPU alone${lost}${remedy}`,
    );
    if (!this.#wasClaimed) this.#startedWith = workers();
    this.#count = this.#steps(workers() || (initialWorkers ?? 1));
  }

  #logMissing(nowMs: number, isSeen: boolean): void {
    const { gunicorn, log } = this.#parts;
    if (this.#isMissingLogged || gunicorn.arbiter !== undefined) return;
    if (isSeen && nowMs - this.#parts.nowMs < NO_MASTER_MS) return;
    this.#isMissingLogged = true;
    if (!isSeen) {
      return log.warn(
        "Cannot scale: /proc shows the processes of another pid namespace, mount that of this one (unshare --mount-proc)",
      );
    }
    log.warn(
      "no gunicorn has started yet below process {pid}: nothing is scaled until one does",
      { pid: gunicorn.pid },
    );
  }

  #doorbell(file: ArbiterFile): Doorbell {
    const { gunicorn, initialWorkers } = this.#parts;
    // The master that claimed the file may be a new one.
    const ring = (signal: CountSignal) => {
      if (this.lookForClaim()) gunicorn.ring(signal);
    };
    return new Doorbell(file, ring, initialWorkers);
  }

  #steps(workers: number): SignalSteps {
    const { gunicorn, workers: children } = this.#parts;
    return new SignalSteps(() => children() || undefined, (signal) => gunicorn.ring(signal), workers);
  }
}
