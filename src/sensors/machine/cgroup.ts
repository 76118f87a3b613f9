/** What the control groups, version 1 or 2, allow this process and its children, and what they use. */

import { type CgroupFolders, cgroupFolders } from "./cgroup_paths.ts";
import {
  parseCfsQuota,
  parseCpuMax,
  parseFullStall,
  parseKey,
  parseMemoryLimit,
  parseWhole,
} from "./cgroup_values.ts";
import { readText } from "../text_file.ts";

/** The tightest CPU quota up the tree. */
export interface CpuQuota {
  readonly cores: number;
  /** The group that sets it; the throttling is counted there. */
  readonly folder: string;
  readonly version: 1 | 2;
  /** Version 1: the same group in the tree that counts CPU time. */
  readonly accountFolder: string;
}

/** CPU time of a group since it was made. */
export interface CpuUse {
  readonly usedMs: number;
  /** Periods in which it ran, and those in which it was throttled. */
  readonly periods: number;
  readonly throttled: number;
}

/** A group with a memory limit. */
export interface MemoryLimit {
  readonly limitBytes: number;
  readonly folder: string;
  readonly version: 1 | 2;
}

/** The control groups that this process is in. */
export class Cgroup {
  readonly #root: string;
  /** What they were last found in: parsing it takes up to 2 ms, while it seldom changes. */
  #found = "";
  #cpu: CgroupFolders | undefined;
  #account: CgroupFolders | undefined;
  #memory: CgroupFolders | undefined;

  /** @param root stands before /proc and before the mount points */
  constructor(root = "") {
    this.#root = root;
    this.locate();
  }

  /** Finds the groups again: a process can be moved. */
  locate(): void {
    const cgroup = readText(`${this.#root}/proc/self/cgroup`) ?? "";
    const mountinfo = readText(`${this.#root}/proc/self/mountinfo`) ?? "";
    const found = `${cgroup}\n${mountinfo}`;
    if (found === this.#found) return;
    this.#found = found;
    this.#cpu = cgroupFolders(cgroup, mountinfo, "cpu");
    this.#account = cgroupFolders(cgroup, mountinfo, "cpuacct");
    this.#memory = cgroupFolders(cgroup, mountinfo, "memory");
  }

  /** The lowest quota of the group and those above it; undefined without any. */
  cpuQuota(): CpuQuota | undefined {
    let lowest: CpuQuota | undefined;
    const { version, folders } = this.#cpu ?? { version: 2, folders: [] };
    folders.forEach((folder, level) => {
      const cores = version === 2
        ? parseCpuMax(this.#read(folder, "cpu.max"))
        : parseCfsQuota(this.#read(folder, "cpu.cfs_quota_us"), this.#read(folder, "cpu.cfs_period_us"));
      if (cores === undefined || cores >= (lowest?.cores ?? Infinity)) return;
      lowest = { cores, folder, version, accountFolder: this.#account?.folders[level] ?? folder };
    });
    return lowest;
  }

  /** CPU time and throttling of the group that sets a quota; undefined when it cannot be read. */
  cpuUse({ folder, version, accountFolder }: CpuQuota): CpuUse | undefined {
    const stat = this.#read(folder, "cpu.stat");
    const micros = version === 2 ? parseKey(stat, "usage_usec") : undefined;
    const nanos = version === 1 ? parseWhole(this.#read(accountFolder, "cpuacct.usage")) : undefined;
    const usedMs = micros !== undefined ? micros / 1e3 : nanos !== undefined ? nanos / 1e6 : undefined;
    if (usedMs === undefined) return undefined;
    return {
      usedMs,
      periods: parseKey(stat, "nr_periods") ?? 0,
      throttled: parseKey(stat, "nr_throttled") ?? 0,
    };
  }

  /** All memory limits of the group and those above it. */
  memoryLimits(): MemoryLimit[] {
    const limits: MemoryLimit[] = [];
    const { version, folders } = this.#memory ?? { version: 2, folders: [] };
    for (const folder of folders) {
      const names = version === 2 ? ["memory.max", "memory.high"] : ["memory.limit_in_bytes"];
      let limitBytes = Math.min(
        ...names.map((name) => parseMemoryLimit(this.#read(folder, name)) ?? Infinity),
      );
      if (version === 1) {
        // Includes limits of parents that are not visible here.
        const above = parseKey(this.#read(folder, "memory.stat"), "hierarchical_memory_limit") ?? Infinity;
        if (above < 2 ** 60) limitBytes = Math.min(limitBytes, above);
      }
      if (limitBytes > 0 && limitBytes < Infinity) limits.push({ limitBytes, folder, version });
    }
    return limits;
  }

  /** Bytes in use against a limit; page cache and slab that the kernel drops under pressure do not count. */
  memoryUse({ folder, version }: MemoryLimit): number | undefined {
    const used = parseWhole(this.#read(folder, version === 2 ? "memory.current" : "memory.usage_in_bytes"));
    if (used === undefined) return undefined;
    const stat = this.#read(folder, "memory.stat");
    const keys = version === 2
      ? ["inactive_file", "active_file", "slab_reclaimable"]
      : ["total_inactive_file", "total_active_file"];
    return Math.max(0, keys.reduce((bytes, key) => bytes - (parseKey(stat, key) ?? 0), used));
  }

  /** Whether a limit is on our own group: what is in use against one above it may be a neighbour's. */
  isOwn({ folder }: MemoryLimit): boolean {
    return folder === this.#memory?.folders[0];
  }

  /** Share of the last 10 s in which all processes of our group waited for memory; undefined without PSI. */
  memoryStall(): number | undefined {
    const own = this.#memory?.version === 2 ? this.#memory.folders[0] : undefined;
    return own === undefined ? undefined : parseFullStall(this.#read(own, "memory.pressure"));
  }

  /** Processes that the kernel killed in the group because its memory was used up; undefined when unknown. */
  oomKills(): number | undefined {
    const own = this.#memory?.folders[0];
    if (own === undefined) return undefined;
    return parseKey(
      this.#read(own, this.#memory?.version === 2 ? "memory.events" : "memory.oom_control"),
      "oom_kill",
    );
  }

  #read(folder: string, file: string): string {
    return readText(`${this.#root}${folder}/${file}`) ?? "";
  }
}
