/** Processes by pid and start time, as a pid is used again; signals to them. */

/** A process: pid and start time. */
export interface ProcessId {
  readonly pid: number;
  /** Start time in clock ticks since boot: field 22 of /proc/PID/stat. */
  readonly startTicks: number;
}

/** Start time of a process in clock ticks since boot; undefined when there is no such process, or no /proc. */
export function startTicksOf(pid: number): number | undefined {
  const field = statOf(pid);
  return field === undefined ? undefined : Number(field(22));
}

/** The session of a process; undefined when there is no such process, or no /proc. */
export function sessionOf(pid: number): number | undefined {
  const field = statOf(pid);
  return field === undefined ? undefined : Number(field(6));
}

/** PF_FORKNOEXEC of linux/sched.h. */
const FORKED_ONLY = 0x40;

/** Whether a process still runs the program that forked it, as gunicorn's workers do; a started program does not. */
export function isForkOnly(pid: number): boolean {
  const field = statOf(pid);
  return field !== undefined && (Number(field(9)) & FORKED_ONLY) !== 0;
}

/** A field of /proc/PID/stat by its number in proc_pid_stat(5), from the state, which is field 3, on; "" for none. */
export type StatField = (number: number) => string;

/**
 * Reads /proc/PID/stat: `PID (COMMAND) STATE PPID ...`. The command may hold blanks and parentheses, so what comes after
 * its last parenthesis counts. undefined for a text that has none.
 */
export function statFields(text: string): StatField | undefined {
  const end = text.lastIndexOf(")");
  if (end < 0) return undefined;
  const fields = text.slice(end + 2).split(" ");
  return (number) => fields[number - 3] ?? "";
}

function statOf(pid: number): StatField | undefined {
  try {
    return statFields(Deno.readTextFileSync(`/proc/${pid}/stat`));
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
  const field = statOf(pid);
  if (field === undefined || Number(field(22)) !== startTicks) return false;
  return field(3) !== "Z" && field(3) !== "X";
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
