/** CPU and memory, available and used: of the container where it has limits, else of the machine. */

import type { Cpu, Maybe, Memory } from "../../core/sample.ts";
import { Cgroup, type MemoryLimit } from "./cgroup.ts";
import { type Cores, readCores } from "./cores.ts";
import { parseBusyTicks, parseMeminfo } from "./machine_files.ts";
import { readMemoryUse } from "./memory_use.ts";
import { TICKS_PER_SECOND } from "./process_stat.ts";
import { Rate } from "./rate.ts";
import { readText } from "../text_file.ts";

/** What there is and what is in use. */
export interface MachineReading {
  /** "unknown" until there are two readings to compare, and where neither control group nor machine tells. */
  readonly cpu: Maybe<Pick<Cpu, "limitCores" | "usedCores" | "throttledShare">>;
  readonly memory: Maybe<Pick<Memory, "limitBytes" | "usedBytes">>;
  /** OOM kills in our control group, since it was made. */
  readonly oomKills: Maybe<number>;
}

/** The memory of our own control group; see Memory. */
export type GroupMemory = Required<Pick<Memory, "own" | "stalledShare" | "oomKills">>;

/** The limits and who sets them, for people. */
export interface MachineLimits {
  readonly cores: number;
  /** "cpu.max of /sys/fs/cgroup/app.slice", "CPUs this process may use" ... */
  readonly coresFrom: string;
  /** No quota is set. */
  readonly isWholeMachine: boolean;
  readonly memoryBytes: Maybe<number>;
  readonly memoryFrom: string;
}

const WINDOW_MS = 1_000;
/** The limits can change at run time. */
const LIMITS_AGAIN_MS = 5_000;
/** On big machines /proc/stat and memory.stat take a millisecond to make. */
const AGAIN_MS = 250;
/** Memory in use is read at once when workers have taken this much more. */
const TAKEN_BYTES = 8 * 2 ** 20;

/** Reads limits and use; limits anew every five seconds, use four times a second. */
export class Machine {
  readonly #root: string;
  readonly #cgroup: Cgroup;
  readonly #fallbackCores: number;
  #machineTicks = new Rate(WINDOW_MS);
  #groupMs = new Rate(WINDOW_MS);
  #periods = new Rate(WINDOW_MS);
  #throttled = new Rate(WINDOW_MS);
  #limitsAtMs = -Infinity;
  #readAtMs = -Infinity;
  #workersBytes = 0;
  #cores: Cores | undefined;
  #memoryLimits: readonly MemoryLimit[] = [];
  #own: GroupMemory["own"] = "unknown";
  #reading: MachineReading = { cpu: "unknown", memory: "unknown", oomKills: "unknown" };

  /**
   * @param root stands before /proc and the mount points of control groups
   * @param fallbackCores taken for the machine's cores where /proc does not tell which we may use
   */
  constructor(root = "", fallbackCores: number = navigator.hardwareConcurrency) {
    this.#root = root === "/" ? "" : root;
    this.#cgroup = new Cgroup(this.#root);
    this.#fallbackCores = fallbackCores;
  }

  /**
   * What there is and what is in use at `nowMs`, monotonic ms.
   * @param workersBytes what the workers hold: memory that they took since the last reading is no room for others
   */
  read(nowMs: number, workersBytes = 0): MachineReading {
    const isDue = nowMs >= this.#readAtMs + AGAIN_MS;
    if (!isDue && workersBytes < this.#workersBytes + TAKEN_BYTES) return this.#reading;
    this.#workersBytes = workersBytes;
    if (!isDue) {
      this.#reading = { ...this.#reading, memory: this.#readMemory() };
      return this.#reading;
    }
    this.#readAtMs = nowMs;
    if (nowMs >= this.#limitsAtMs + LIMITS_AGAIN_MS) {
      this.#limitsAtMs = nowMs;
      this.#readLimits();
    }
    const oomKills = this.#cgroup.oomKills() ?? "unknown";
    this.#reading = { cpu: this.#readCpu(nowMs), memory: this.#readMemory(), oomKills };
    return this.#reading;
  }

  /** The memory of our own control group, as last read. */
  get group(): GroupMemory {
    const stalledShare = this.#cgroup.memoryStall() ?? "unknown";
    return { own: this.#own, stalledShare, oomKills: this.#reading.oomKills };
  }

  /** The limits as they are now. */
  limits(): MachineLimits {
    const { limit: cores, quota, isWholeMachine } = this.#readLimits();
    let memory: { bytes: number; from: string } | undefined;
    const machine = parseMeminfo(this.#proc("meminfo"));
    if (machine !== undefined) memory = { bytes: machine.totalBytes, from: "the machine" };
    for (const { limitBytes, folder } of this.#memoryLimits) {
      if (limitBytes < (memory?.bytes ?? Infinity)) {
        memory = { bytes: limitBytes, from: `control group ${folder}` };
      }
    }
    return {
      cores,
      coresFrom: isWholeMachine ? "the CPUs this process may use" : `control group ${quota!.folder}`,
      isWholeMachine,
      memoryBytes: memory?.bytes ?? "unknown",
      memoryFrom: memory?.from ?? "nothing that could be read",
    };
  }

  #readLimits(): Cores {
    this.#cgroup.locate();
    const cores = readCores(this.#cgroup, this.#root, this.#fallbackCores);
    if (cores.quota?.folder !== this.#cores?.quota?.folder) {
      this.#groupMs = new Rate(WINDOW_MS);
      this.#periods = new Rate(WINDOW_MS);
      this.#throttled = new Rate(WINDOW_MS);
    }
    // The ticks of other CPUs are another counter.
    if (this.#cores !== undefined && this.#cores.cpus.symmetricDifference(cores.cpus).size > 0) {
      this.#machineTicks = new Rate(WINDOW_MS);
    }
    this.#memoryLimits = this.#cgroup.memoryLimits();
    return this.#cores = cores;
  }

  /**
   * Cores in use against the limit. What is free is what the quota leaves, or what the CPUs themselves leave when
   * neighbours keep them busy; the rest of the limit counts as used.
   * Example: quota 2 of 4 CPUs, own use 0.5, all use 3.2: the quota leaves 1.5, the CPUs 0.8, so 1.2 are used.
   */
  #readCpu(nowMs: number): MachineReading["cpu"] {
    const { limit: limitCores, quota, cpus } = this.#cores!;
    const ticks = parseBusyTicks(this.#proc("stat"), cpus);
    if (ticks !== undefined) this.#machineTicks.note(ticks, nowMs);
    const use = quota === undefined ? undefined : this.#cgroup.cpuUse(quota);
    if (use !== undefined) {
      this.#groupMs.note(use.usedMs, nowMs);
      this.#periods.note(use.periods, nowMs);
      this.#throttled.note(use.throttled, nowMs);
    }
    if (this.#machineTicks.spanMs === 0 && this.#groupMs.spanMs === 0) return "unknown";
    const busyCores = (this.#machineTicks.perMs * 1000) / TICKS_PER_SECOND;
    const freeOfQuota = limitCores - this.#groupMs.perMs;
    const freeOfCpus = Math.max(0, cpus.size - busyCores);
    const usedCores = Math.max(0, limitCores - Math.min(freeOfQuota, freeOfCpus));
    const throttledShare = this.#periods.perMs > 0
      ? Math.min(1, this.#throttled.perMs / this.#periods.perMs)
      : 0;
    return { limitCores, usedCores, throttledShare };
  }

  #readMemory(): MachineReading["memory"] {
    const { tightest, own } = readMemoryUse(this.#cgroup, this.#memoryLimits, this.#root);
    this.#own = own;
    return tightest;
  }

  #proc(file: string): string {
    return readText(`${this.#root}/proc/${file}`) ?? "";
  }
}
