import { delay } from "@std/async/delay";
import { reapChild, reapOrphans, setChildSubreaper } from "./libc.ts";
import { isAlive, type ProcessId, SIGNAL_BASE } from "./process_id.ts";

const REAP_MS = 1_000;
const ENDED_MS = 50;

/**
 * Adopts orphans of gunicorn: they become our children, as those of PID 1 in a container. So workers whose
 * master was killed can be found and ended, and whatever dies is waited for instead of staying a zombie.
 */
export class Orphanage {
  readonly #except: Set<number>;
  readonly #timer: ReturnType<typeof setInterval> | undefined;
  #seen: ReadonlySet<number> = new Set();

  /** @param ownChild gunicorn itself, whose end is waited for elsewhere */
  constructor(ownChild: number) {
    this.#except = new Set([ownChild]);
    if (!setChildSubreaper() && Deno.pid !== 1) return;
    const timer = setInterval(() => this.reap(), REAP_MS);
    Deno.unrefTimer(timer);
    this.#timer = timer;
  }

  /** Waits for those that have ended. */
  reap(): void {
    reapOrphans(this.#except);
    this.#seen = new Set(this.orphans);
  }

  /** Orphans adopted since the last look, a second ago at most. */
  get newOrphans(): number[] {
    return this.orphans.filter((pid) => !this.#seen.has(pid));
  }

  /** The children we have now that are not gunicorn. */
  get orphans(): number[] {
    try {
      return Deno.readTextFileSync(`/proc/${Deno.pid}/task/${Deno.pid}/children`).trim().split(/\s+/)
        .map(Number).filter((pid) => pid > 0 && !this.#except.has(pid));
    } catch {
      return [];
    }
  }

  /** Waits for the end of one of them, which is no orphan any more, and returns its exit code. */
  async ended(process: ProcessId): Promise<number> {
    const { pid } = process;
    this.#except.add(pid);
    for (;; await delay(ENDED_MS)) {
      const status = reapChild(pid);
      if (typeof status === "number") {
        const signal = status & 0x7f;
        return signal === 0 ? (status >> 8) & 0xff : SIGNAL_BASE + signal;
      }
      if (status === undefined && !isAlive(process)) return 0;
    }
  }

  /** Reaps a last time, and ends. */
  close(): void {
    clearInterval(this.#timer);
    this.reap();
  }
}
