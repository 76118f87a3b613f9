import { reapOrphans, setChildSubreaper } from "./libc.ts";

const REAP_MS = 1_000;

/**
 * Adopts orphans of gunicorn: they become our children, as those of PID 1 in a container. So workers whose
 * master was killed can be found and ended, and whatever dies is waited for instead of staying a zombie.
 */
export class Orphanage {
  readonly #except: ReadonlySet<number>;
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

  /** Reaps a last time, and ends. */
  close(): void {
    clearInterval(this.#timer);
    this.reap();
  }
}
