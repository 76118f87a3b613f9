/** Processes by pid and start time, as a pid is used again; signals to them. */

/** A process: pid and start time. */
export interface ProcessId {
  readonly pid: number;
  /** Start time in clock ticks since boot: field 22 of /proc/PID/stat. */
  readonly startTicks: number;
}

/** Start time of a process in clock ticks since boot; undefined when there is no such process, or no /proc. */
export function startTicksOf(pid: number): number | undefined {
  const fields = statOf(pid);
  return fields === undefined ? undefined : Number(fields[19]);
}

/** The session of a process; undefined when there is no such process, or no /proc. */
export function sessionOf(pid: number): number | undefined {
  const fields = statOf(pid);
  return fields === undefined ? undefined : Number(fields[3]);
}

/** PF_FORKNOEXEC of linux/sched.h. */
const FORKED_ONLY = 0x40;

/** Whether a process still runs the program that forked it, as gunicorn's workers do; a started program does not. */
export function isForkOnly(pid: number): boolean {
  const fields = statOf(pid);
  return fields !== undefined && (Number(fields[6]) & FORKED_ONLY) !== 0;
}

/** /proc/PID/stat from its third field, the state, on. */
function statOf(pid: number): readonly string[] | undefined {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
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
  const fields = statOf(pid);
  if (fields === undefined || Number(fields[19]) !== startTicks) return false;
  return fields[0] !== "Z" && fields[0] !== "X";
}

/** Exit code of a process that a signal ended, as shells give it: 128 + its number. */
export const SIGNAL_BASE = 128;

/** Sends a signal; false when there is no such process, or it may not be signalled. */
export function sendSignal(pid: number, signal: Deno.Signal): boolean {
  try {
    Deno.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}
