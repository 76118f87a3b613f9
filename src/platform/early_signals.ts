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
  const ignored = /^SigIgn:\s+([0-9a-f]{1,16})$/m.exec(ofThisProcess("status"))?.[1] ?? "0";
  if ((BigInt(`0x${ignored}`) & SIGCHLD_BIT) !== 0n) Deno.addSignalListener("SIGCHLD", () => {});
}

/**
 * A write to a file that has reached the limit of its size (ulimit -f) sends SIGXFSZ, which by default ends the process:
 * the log file would end us, and gunicorn with us. With a handler the write is an error, as it is in Python, which ignores
 * the signal. What is started does not inherit the handler.
 */
export function outliveFullFiles(): void {
  if (/^Max file size +\d/m.test(ofThisProcess("limits"))) Deno.addSignalListener("SIGXFSZ", () => {});
}

/** A file of /proc/self; "" where it cannot be read: hardly any start has an ignored signal or a limit. */
function ofThisProcess(name: string): string {
  try {
    return Deno.readTextFileSync(`/proc/self/${name}`);
  } catch {
    return "";
  }
}
