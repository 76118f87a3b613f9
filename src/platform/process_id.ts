/** Processes by pid and start time: a pid is used again. */

/** A process: pid and start time. */
export interface ProcessId {
  readonly pid: number;
  /** Start time in clock ticks since boot: field 22 of /proc/PID/stat. */
  readonly startTicks: number;
}

/** Start time of a process in clock ticks since boot; undefined when there is no such process, or no /proc. */
export function startTicksOf(pid: number): number | undefined {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
  } catch {
    return undefined;
  }
}

/** The process that has this pid now; undefined when none has. */
export function processOf(pid: number): ProcessId | undefined {
  const startTicks = startTicksOf(pid);
  return startTicks === undefined ? undefined : { pid, startTicks };
}

/** Whether it still lives; a zombie does not. */
export function isAlive({ pid, startTicks }: ProcessId): boolean {
  if (startTicksOf(pid) !== startTicks) return false;
  try {
    return !/\) [ZX] /.test(Deno.readTextFileSync(`/proc/${pid}/stat`));
  } catch {
    return false;
  }
}
