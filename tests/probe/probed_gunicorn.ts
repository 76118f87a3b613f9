/** A gunicorn with the probe attached, and just enough of a supervisor to ask it for workers. */

import { installProbe, readProbe } from "../../src/gunicorn/probe_install.ts";
import { monotonicNs } from "../../src/platform/libc.ts";
import { makeRuntimeDir, removeDir, runtimeBases } from "../../src/platform/runtime_dir.ts";
import { ArbiterFile } from "../../src/sensors/probe/arbiter_file.ts";
import type { Arbiter } from "../../src/sensors/probe/arbiter_reading.ts";
import { SLOT } from "../sensors/probe/shared_pages.ts";
import { type Process, start, type StartOptions } from "../support/process.ts";
import { until } from "../support/wait.ts";

/** So long after it is ready a worker no longer counts as booting. */
const BOOTING_NS = 1.1e9;

/** The words of one slot. */
export type Slot = readonly number[];

export class ProbedGunicorn implements AsyncDisposable {
  readonly process: Process;
  readonly folder: string;
  readonly #file: ArbiterFile;
  #wantedSeq = 0;

  /** Starts `gunicorn ARGS -c WRAPPER`; `wanted` workers from the first fork on, 0 leaves gunicorn its own count. */
  constructor(gunicorn: string, args: readonly string[], wanted: number, options: StartOptions = {}) {
    this.folder = makeRuntimeDir(runtimeBases(Deno.env));
    const wrapper = installProbe(this.folder, readProbe());
    this.#file = new ArbiterFile(`${this.folder}/arbiter`, Deno.pid);
    if (wanted > 0) this.want(wanted);
    this.process = start(gunicorn, [...args, "-c", wrapper], options);
  }

  get arbiter(): Arbiter | undefined {
    return this.#file.read();
  }

  /** Writes the wanted number and rings once; the other signal than one would send, with `signal`. */
  ask(workers: number, signal?: Deno.Signal): void {
    const grows = workers >= (this.arbiter?.confirmed ?? 0);
    this.want(workers);
    this.process.signal(signal ?? (grows ? "SIGTTIN" : "SIGTTOU"));
  }

  /** Changes the wanted number without ringing, as when a signal is lost. */
  want(workers: number): void {
    this.#wantedSeq = this.#file.request(workers);
  }

  /** The last request is answered with this number. */
  confirmed(workers: number): boolean {
    const answer = this.#file.confirmed();
    return answer?.seq === this.#wantedSeq && answer.workers === workers;
  }

  /** Slots by pid. */
  slots(): Map<number, Slot> {
    const found = new Map<number, Slot>();
    for (const entry of Deno.readDirSync(this.folder)) {
      const pid = Number(/^w-(\d+)$/.exec(entry.name)?.[1]);
      if (!pid) continue;
      try {
        const bytes = Deno.readFileSync(`${this.folder}/${entry.name}`);
        found.set(pid, Array.from(new BigUint64Array(bytes.buffer, 0, 512), Number));
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
    return found;
  }

  /** The slot of the only worker. */
  slot(): Slot {
    const all = [...this.slots().values()];
    if (all.length !== 1) throw new Error(`There are ${all.length} slots`);
    return all[0]!;
  }

  /** Pids of the workers that are ready and do not drain. */
  ready(): number[] {
    return [...this.slots()].filter(([, slot]) => slot[SLOT.state] === 2).map(([pid]) => pid);
  }

  /** Waits until exactly this many workers are ready and no other is alive. */
  async settled(workers: number, timeoutMs = 15_000): Promise<number[]> {
    return await until(
      () => {
        const ready = this.ready();
        const arbiter = this.arbiter;
        return ready.length === workers && this.slots().size === workers && arbiter?.readyNs !== undefined &&
          arbiter.alive === workers && ready;
      },
      {
        timeoutMs,
        everyMs: 2,
        what: () =>
          `${workers} ready workers, not ${this.ready().length} of ${this.slots().size}; ` +
          `the arbiter says ${JSON.stringify(this.arbiter)}\n${this.process.text()}`,
      },
    );
  }

  /** The same, once a TTIN is no longer taken for one that a worker sends as it boots. */
  async steady(workers: number): Promise<number[]> {
    const ready = await this.settled(workers);
    const newestNs = Math.max(...[...this.slots().values()].map((slot) => slot[SLOT.readyNs]!));
    await until(() => monotonicNs() - newestNs > BOOTING_NS, { what: "workers that are ready for a while" });
    return ready;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process[Symbol.asyncDispose]();
    this.#file.close();
    removeDir(this.folder);
  }
}
