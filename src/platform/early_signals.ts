const SIGNALS = ["SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const;

/** Signals that come while gunicorn is being started, which by default would end us: they wait for their handlers. */
export class EarlySignals implements Disposable {
  readonly #came: Deno.Signal[] = [];
  readonly #listeners = SIGNALS.map((signal) => ({ signal, listener: () => void this.#came.push(signal) }));

  constructor() {
    for (const { signal, listener } of this.#listeners) Deno.addSignalListener(signal, listener);
  }

  /** Handles those that came, in their order. To be called once the handlers are set. */
  handOver(handle: (signal: Deno.Signal) => void): void {
    this[Symbol.dispose]();
    for (const signal of this.#came.splice(0)) handle(signal);
  }

  [Symbol.dispose](): void {
    for (const { signal, listener } of this.#listeners.splice(0)) Deno.removeSignalListener(signal, listener);
  }
}
