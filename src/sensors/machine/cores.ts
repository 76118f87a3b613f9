import type { Cgroup, CpuQuota } from "./cgroup.ts";
import { parseAllowedCpus, parseCpuList } from "./machine_files.ts";
import { readText } from "../text_file.ts";

/** The cores for us. */
export interface Cores {
  /** How many: those of the quota, or the CPUs where they are fewer. */
  readonly limit: number;
  readonly quota: CpuQuota | undefined;
  /** The CPUs that this process may use. */
  readonly cpus: ReadonlySet<number>;
  /** No quota is set. */
  readonly isWholeMachine: boolean;
}

/**
 * Reads them.
 * @param root stands before /proc and /sys
 * @param fallbackCores taken for the machine's cores where /proc does not tell which we may use
 */
export function readCores(
  cgroup: Cgroup,
  root = "",
  fallbackCores: number = navigator.hardwareConcurrency,
): Cores {
  const quota = cgroup.cpuQuota();
  const cpus = usableCpus(root, fallbackCores);
  const limit = Math.min(quota?.cores ?? Infinity, cpus.size);
  return { limit, quota, cpus, isWholeMachine: quota === undefined || quota.cores > limit };
}

/** The CPUs that this process may use and that exist: some machines allow all that could be plugged in. */
function usableCpus(root: string, fallbackCores: number): ReadonlySet<number> {
  const online = parseCpuList(readText(`${root}/sys/devices/system/cpu/online`) ?? "");
  const allowed = parseAllowedCpus(readText(`${root}/proc/self/status`) ?? "") ?? online ??
    new Set(Array.from({ length: fallbackCores }, (_, cpu) => cpu));
  const usable = online === undefined ? allowed : new Set([...allowed].filter((cpu) => online.has(cpu)));
  return usable.size > 0 ? usable : allowed;
}
