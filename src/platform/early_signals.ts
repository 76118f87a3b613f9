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

const SIGCHLD_BIT = 1n << 16n;

/**
 * Where what started us ignores SIGCHLD, so do we: then the kernel drops the exit codes of children, and waiting for one
 * fails. A handler ends that; what is started does not inherit it.
 */
export function heedChildren(): void {
  let status: string;
  try {
    status = Deno.readTextFileSync("/proc/self/status");
  } catch {
    return; // Not known: hardly anything ignores it.
  }
  const ignored = /^SigIgn:\s+([0-9a-f]{1,16})$/m.exec(status)?.[1] ?? "0";
  if ((BigInt(`0x${ignored}`) & SIGCHLD_BIT) !== 0n) Deno.addSignalListener("SIGCHLD", () => {});
}

/**
 * A write to a file that has reached its limit of size (ulimit -f) ends what has no handler for it, as Python does not:
 * the log file would end us, and gunicorn with us. With one it is an error. What is started does not inherit it.
 */
export function outliveFullFiles(): void {
  let limits: string;
  try {
    limits = Deno.readTextFileSync("/proc/self/limits");
  } catch {
    return; // Not known: hardly any are limited.
  }
  if (/^Max file size +\d/m.test(limits)) Deno.addSignalListener("SIGXFSZ", () => {});
}
