import type { Logger } from "@logtape/logtape";
import {
  type Boots,
  type Finished,
  known,
  type Maybe,
  type Sample,
  type WorkerModel,
} from "../core/sample.ts";
import type { ReloadRoom } from "../core/bounds/memory.ts";
import type { Gunicorn } from "../gunicorn/process.ts";
import type { WorkerCount } from "../gunicorn/worker_count.ts";
import { monotonicNs } from "../platform/libc.ts";
import { bringBack } from "../platform/removed_file.ts";
import type { FolderPart } from "../platform/runtime_dir.ts";
import { AcceptQueue } from "../sensors/queue/accept_queue.ts";
import type { Arbiter } from "../sensors/probe/arbiter_reading.ts";
import type { ForkServerMode } from "../sensors/probe/arbiter_file.ts";
import { Machine } from "../sensors/machine/machine.ts";
import { ProbeSlots, servedOf, type SlotsReading } from "../sensors/probe/probe_slots.ts";
import { parseStat } from "../sensors/machine/process_stat.ts";
import { Processes, type ProcessWorker } from "../sensors/machine/processes.ts";
import type { SlotWorker } from "../sensors/probe/slot_worker.ts";
import { readText } from "../sensors/text_file.ts";
import { ArbiterLink } from "./arbiter_link.ts";
import type { SensingInputs } from "./sensing_inputs.ts";
import type { Sampler } from "./supervisor.ts";
import { WakeReader } from "../sensors/probe/wake_reader.ts";
import { UnseenWorkers } from "./unseen_workers.ts";

/** What is sensed. */
export interface SensingOptions {
  /** The runtime folder. */
  readonly dir: string;
  readonly inputs: SensingInputs;
  /** Workers that gunicorn is told to start with; undefined when its own configuration decides. */
  readonly initialWorkers: number | undefined;
  /** The workers by the command line, until the probe reports. */
  readonly model: WorkerModel;
  /** What was started is a program that starts gunicorn itself. */
  readonly isProgram?: boolean;
  /** Options in use that have no effect without the probe. */
  readonly needProbe?: readonly string[];
  readonly log: Logger;
}

/** All sensors of a running gunicorn, read once a tick into one Sample. */
export class Sensing implements Sampler {
  readonly #options: SensingOptions;
  readonly #inputs: SensingInputs;
  readonly #slots: ProbeSlots | undefined;
  readonly #queue = new AcceptQueue();
  readonly #processes = new Processes();
  readonly #machine = new Machine();
  readonly #unseen = new UnseenWorkers();
  readonly #wakes = new WakeReader();
  #link: ArbiterLink | undefined;
  #masterPid = 0;
  #lastMs: number | undefined;
  #bootFailures = 0;
  #arbiter: Arbiter | undefined;
  #slotsReading: SlotsReading | undefined;
  #children: readonly number[] = [];
  #costs: readonly ProcessWorker[] = [];

  constructor(options: SensingOptions) {
    this.#options = options;
    this.#inputs = options.inputs;
    const isChild = (pid: number) => this.#isChildOfMaster(pid);
    if (this.#inputs.arbiterFile !== undefined) this.#slots = new ProbeSlots(options.dir, isChild, isChild);
  }

  /** Reads this gunicorn from now on. */
  attach(gunicorn: Gunicorn): void {
    const { initialWorkers, log, isProgram = false, needProbe = [] } = this.#options;
    const workers = () => this.#children.length;
    const [file, nowMs] = [this.#inputs.arbiterFile, this.clock()];
    this.#link = new ArbiterLink({
      gunicorn,
      file,
      initialWorkers,
      isProgram,
      needProbe,
      log,
      workers,
      nowMs,
    });
  }

  /** What gunicorn's master and we share; undefined with the probe off. */
  get arbiterFile(): SensingInputs["arbiterFile"] {
    return this.#inputs.arbiterFile;
  }

  /** Looks up gunicorn's master: before signals, and at the end. */
  lookForMaster(): void {
    this.#link?.lookForClaim();
  }

  /** Whether gunicorn's master still has its listeners, which it closes when it begins to stop; undefined: not known. */
  get isListening(): boolean | undefined {
    return this.#queue.isHeldBy(this.#masterPid);
  }

  /** The graceful timeout of a master that serves, also between two ticks; undefined without the probe. */
  get graceMs(): number | undefined {
    const arbiter = this.#inputs.arbiterFile?.read();
    return arbiter?.readyNs === undefined ? undefined : arbiter.gracefulTimeoutMs;
  }

  /** Delegates, because the way to ask may change: see ArbiterLink. */
  readonly workerCount: WorkerCount = {
    ask: (workers, nowMs) => this.#link?.count.ask(workers, nowMs),
    poll: (nowMs) => this.#link?.count.poll(nowMs) ?? { kind: "settled", workers: 0 },
  };

  /** CLOCK_MONOTONIC in ms, the clock that the probe uses too. */
  readonly clock = (): number => monotonicNs() / 1e6;

  /** All that can be read at `nowMs`, monotonic ms; what cannot be read is "unknown". */
  sample(nowMs: number): Sample {
    const elapsedMs = this.#lastMs === undefined ? 0 : nowMs - this.#lastMs;
    this.#lastMs = nowMs;
    this.#inputs.statsd?.drain();
    this.#arbiter = this.#inputs.arbiterFile?.read();
    const masterPid = this.#link?.look(nowMs) ?? 0;
    this.#masterPid = masterPid;
    const slots = this.#slots?.read(nowMs * 1e6);
    this.#slotsReading = slots;
    const slotPids = slots?.workers.length ? slots.workers.map((w) => w.pid) : undefined;
    const children = this.#processes.children(masterPid, slotPids);
    this.#children = children;
    const readyPids = slots?.workers.filter((w) => w.state === "ready").map((w) => w.pid) ?? children;
    const isShared = this.#arbiter?.forkServer.state === "ready";
    const cost = this.#processes.read(readyPids, nowMs, isShared, servedOf(slots));
    this.#costs = cost.workers;
    const machine = this.#machine.read(nowMs, cost.heldBytes);
    return {
      nowMs,
      elapsedMs,
      model: this.#model(slots),
      workers: this.#unseen.counts(this.#arbiter, slots, children, nowMs),
      load: slots?.load ?? "unknown",
      queue: this.#queue.read(masterPid, children, nowMs),
      statsd: this.#finished(slots),
      cpu: known(machine.cpu) && known(cost.cpu) ? { ...machine.cpu, ...cost.cpu } : "unknown",
      memory: known(machine.memory)
        ? { ...machine.memory, ...this.#machine.group, ...this.#processes.expected }
        : "unknown",
      boots: this.#boots(slots),
      sleep: this.#wakes.read(this.#arbiter, slots, nowMs * 1e6),
    };
  }

  /** Switches the master's fork server on or off, from its next fork on. */
  setForkServer(mode: ForkServerMode): void {
    this.#inputs.arbiterFile?.setForkServer(mode);
  }

  /** Whether gunicorn's master has woken by itself since the last tick. */
  isWoken(): boolean {
    return this.#inputs.arbiterFile?.read()?.sleep.wakes !== this.#arbiter?.sleep.wakes;
  }

  /** Says how deep the next sleep, or this one, is: whether the fork server goes too. */
  setDeepSleep(isDeep: boolean): void {
    this.#inputs.arbiterFile?.setDeepSleep(isDeep);
  }

  /** Says how many workers there may be. */
  setMaximum(workers: number): void {
    this.#inputs.arbiterFile?.setMaximum(workers);
    this.#slots?.setAlone(workers === 1);
  }

  /** Says how many processes memory holds beyond those there are. */
  setReloadRoom(room: ReloadRoom): void {
    this.#inputs.arbiterFile?.setReloadRoom(room);
  }

  /** Tells gthread workers whether to take one request at a time. */
  setOneAtATime(oneAtATime: boolean): void {
    this.#slots?.setOneAtATime(oneAtATime);
  }

  /** The files that gunicorn and the autoscaler have open, to be restored when they are removed. */
  get files(): FolderPart[] {
    const arbiter = this.#inputs.arbiterFile;
    if (arbiter === undefined) return [];
    return [{ name: "arbiter", make: () => bringBack([arbiter.path, ...this.#slots!.removed]) }];
  }

  /** Workers alive at the last tick. */
  workerPids(): readonly number[] {
    return this.#children;
  }

  /** The workers of the last tick, for display. */
  get workers(): readonly SlotWorker[] {
    return this.#slotsReading?.workers ?? [];
  }

  /** The arbiter file at the last tick; undefined before the master has written it, and without the probe. */
  get arbiter(): Arbiter | undefined {
    return this.#arbiter;
  }

  /** What the ready workers cost, at the last tick. */
  get costs(): readonly ProcessWorker[] {
    return this.#costs;
  }

  /** From fork to ready of the worker that became ready last, ms. */
  get lastBootMs(): Maybe<number> {
    const boot = this.#slotsReading?.lastBoot ?? "unknown";
    return known(boot) ? boot.ms : boot;
  }

  /** Workers that a gunicorn without the probe began with; undefined with it. */
  get startedWith(): number | undefined {
    return this.#link?.startedWith;
  }

  /** Confirmations of requests for workers, since the start. */
  get confirmed(): { readonly confirmations: number; readonly retries: number } {
    return this.#link?.confirmed ?? { confirmations: 0, retries: 0 };
  }

  /** StatsD packets since the start; "unknown" when StatsD is not received. */
  get statsd(): Maybe<{ packets: number; malformedLines: number; droppedPackets: Maybe<number> }> {
    return this.#inputs.statsd?.counts ?? "unknown";
  }

  /** Closes all but the inputs, which are another's. */
  close(): void {
    this.#slots?.close();
    this.#processes.close();
    this.#queue.close();
  }

  #model(slots: SlotsReading | undefined): WorkerModel {
    if (slots !== undefined && known(slots.model)) return slots.model;
    const arbiter = this.#arbiter;
    return arbiter === undefined ? this.#options.model : { kind: arbiter.kind, slots: arbiter.slots };
  }

  /**
   * StatsD has no sender to trust, so it counts only where the probe does not meter: without it, when it could not
   * attach, and beside workers of a class it does not know. Not while the first workers boot, nor when a slot cannot be
   * believed: what the probe does not report then stays unknown.
   */
  #finished(slots: SlotsReading | undefined): Maybe<Finished> {
    const { statsd } = this.#inputs;
    if (statsd === undefined) return "unknown";
    const taken = statsd.take();
    const hasProbe = slots !== undefined && this.#link?.hasProbe !== false;
    const isUnmetered = slots !== undefined && slots.counts.ready > 0 && !slots.isMetered;
    return hasProbe && !isUnmetered ? "unknown" : taken;
  }

  #isChildOfMaster(pid: number): boolean {
    if (this.#link === undefined) return true;
    return this.#masterPid > 0 && parseStat(readText(`/proc/${pid}/stat`) ?? "")?.ppid === this.#masterPid;
  }

  #boots(slots: SlotsReading | undefined): Maybe<Boots> {
    if (slots === undefined || this.#arbiter === undefined) return "unknown";
    const failures = Math.max(0, this.#arbiter.bootFailures - this.#bootFailures);
    this.#bootFailures = this.#arbiter.bootFailures;
    const { lastBoot } = slots;
    if (!known(lastBoot)) return { failures, lastBootMs: "unknown" };
    const { ms, cpuMs, waitMs } = lastBoot;
    return { failures, lastBootMs: ms, lastBootCpuMs: cpuMs, lastBootWaitMs: waitMs };
  }
}
