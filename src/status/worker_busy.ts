/** A reading covers a tick; people want the last second. */
const WINDOW_MS = 1_000;

/** How busy each worker was over about the last second: an exponential mean of its looks. */
export class WorkerBusy {
  readonly #shares = new Map<number, number>();

  /** `busyShare`: share of the last `elapsedMs` with a request in service. Workers not named are forgotten. */
  note(workers: readonly { readonly pid: number; readonly busyShare: number }[], elapsedMs: number): void {
    const weight = 1 - Math.exp(-elapsedMs / WINDOW_MS);
    const seen = new Set<number>();
    for (const { pid, busyShare } of workers) {
      seen.add(pid);
      const before = this.#shares.get(pid);
      this.#shares.set(pid, before === undefined ? busyShare : before + weight * (busyShare - before));
    }
    for (const pid of this.#shares.keys()) if (!seen.has(pid)) this.#shares.delete(pid);
  }

  /** Share of about the last second with a request in service, 0..1; undefined for a worker that is not known. */
  of(pid: number): number | undefined {
    return this.#shares.get(pid);
  }
}
