import { reapOrphans } from "./libc.ts";

const REAP_MS = 1_000;

/**
 * As PID 1 of a container we inherit every process whose parent has ended, and must wait for it when it ends, or it stays
 * a zombie. Nothing to do anywhere else: there the system's own PID 1 does it.
 */
export class OrphanReaper {
  #timer: number | undefined;

  constructor(ownChild: number) {
    if (Deno.pid !== 1) return;
    const except = new Set([ownChild]);
    this.#timer = setInterval(() => reapOrphans(except), REAP_MS);
    Deno.unrefTimer(this.#timer);
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
