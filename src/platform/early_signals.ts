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

/** The signals without which no worker comes or goes, and ours of a sleep that ends; as the kernel numbers them. */
const NEEDED = { SIGTERM: 15, SIGCHLD: 17, SIGTTIN: 21, SIGTTOU: 22, SIGURG: 23 } as const;

/**
 * Where what started us blocks signals, so do we and what we start: gunicorn does not unblock them. A worker that is told
 * to go would stay for ever, and another come in its place.
 *
 * @returns those that were blocked, and no longer are
 */
export async function unblockNeeded(): Promise<string[]> {
  const mask = setOf("SigBlk");
  const blocked = Object.entries(NEEDED).filter(([, number]) => (mask & (1n << BigInt(number - 1))) !== 0n);
  if (blocked.length === 0) return [];
  const { unblockSignals } = await import("./libc.ts");
  return unblockSignals(blocked.map(([, number]) => number)) ? blocked.map(([name]) => name) : [];
}

/**
 * Where what started us ignores SIGCHLD, so do we: then the kernel drops the exit codes of children, and waiting for one
 * fails. A handler ends that; what is started does not inherit it.
 */
export function heedChildren(): void {
  if ((setOf("SigIgn") & SIGCHLD_BIT) !== 0n) Deno.addSignalListener("SIGCHLD", () => {});
}

/**
 * A write to a file that has reached the limit of its size (ulimit -f) sends SIGXFSZ, which by default ends the process:
 * the log file would end us, and gunicorn with us. With a handler the write is an error, as it is in Python, which ignores
 * the signal. What is started does not inherit the handler.
 */
export function outliveFullFiles(): void {
  if (/^Max file size +\d/m.test(ofThisProcess("limits"))) Deno.addSignalListener("SIGXFSZ", () => {});
}

/** A set of signals of this process. */
function setOf(name: "SigBlk" | "SigIgn"): bigint {
  const found = new RegExp(`^${name}:\\s+([0-9a-f]{1,16})$`, "m").exec(ofThisProcess("status"))?.[1] ?? "0";
  return BigInt(`0x${found}`);
}

/** A file of /proc/self; "" where it cannot be read: hardly any start has an ignored signal or a limit. */
function ofThisProcess(name: string): string {
  try {
    return Deno.readTextFileSync(`/proc/self/${name}`);
  } catch {
    return "";
  }
}
