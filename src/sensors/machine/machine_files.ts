/** Reads the files in which /proc describes the whole machine. */

/** The CPUs in a list such as "0-3,8"; undefined when it is none. */
export function parseCpuList(text: string): Set<number> | undefined {
  const cpus = new Set<number>();
  for (const part of text.trim().split(",")) {
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part);
    if (match === null) return undefined;
    for (let cpu = Number(match[1]); cpu <= Number(match[2] ?? match[1]); cpu++) cpus.add(cpu);
  }
  return cpus.size > 0 ? cpus : undefined;
}

/** The CPUs this process may run on, from /proc/self/status. */
export function parseAllowedCpus(status: string): Set<number> | undefined {
  const match = /^Cpus_allowed_list:\s+(\S+)$/m.exec(status);
  return match === null ? undefined : parseCpuList(match[1]!);
}

/**
 * Clock ticks that these CPUs were not idle since the machine's boot, from /proc/stat: time stolen by the hypervisor is
 * among them, waiting for a disk is not. Undefined when no line of them is there.
 */
export function parseBusyTicks(stat: string, cpus: ReadonlySet<number>): number | undefined {
  let busy: number | undefined;
  for (const line of stat.split("\n")) {
    const match = /^cpu(\d+) (.*)$/.exec(line);
    if (match === null) {
      if (!line.startsWith("cpu")) break; // long lines of interrupts follow
      continue;
    }
    if (!cpus.has(Number(match[1]))) continue;
    // user nice system idle iowait irq softirq steal guest guest_nice; user holds guest already
    const ticks = match[2]!.split(" ").map(Number);
    const sum = [0, 1, 2, 5, 6, 7].reduce((total, i) => total + (ticks[i] ?? 0), 0);
    if (sum >= 0) busy = (busy ?? 0) + sum;
  }
  return busy;
}

/** Total and used bytes of /proc/meminfo; what could be freed without swapping is not used. */
export function parseMeminfo(
  text: string,
): { readonly totalBytes: number; readonly usedBytes: number } | undefined {
  const total = kilobytes(text, "MemTotal");
  const available = kilobytes(text, "MemAvailable");
  if (total === undefined || available === undefined || total <= 0) return undefined;
  return { totalBytes: 1024 * total, usedBytes: 1024 * Math.max(0, total - available) };
}

function kilobytes(text: string, key: string): number | undefined {
  const match = new RegExp(`^${key}:\\s+(\\d{1,14}) kB$`, "m").exec(text);
  return match === null ? undefined : Number(match[1]);
}
