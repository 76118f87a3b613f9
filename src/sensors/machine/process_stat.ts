/** Reads the files that /proc keeps of one process. Missing or malformed numbers are undefined. */
import { statFields } from "../../platform/process_id.ts";
import { wholeNumber } from "../text_file.ts";

/** Some fields of /proc/PID/stat. */
export interface ProcessStat {
  readonly ppid: number;
  /** R running, S sleeping, D waiting for a disk, Z a zombie, T stopped ... */
  readonly state: string;
  /** User and system time of all its threads, in clock ticks. */
  readonly cpuTicks: number;
  readonly threads: number;
  /** Clock ticks from the boot of the machine to its start. With the pid it identifies a process. */
  readonly startTicks: number;
}

/** Clock ticks a second: sysconf(_SC_CLK_TCK), 100 on every Linux that Deno runs on. */
export const TICKS_PER_SECOND = 100;
/** Memory is counted in pages of so many bytes on x86-64, and on ARM as nearly all Linux there is built. */
const PAGE_BYTES = 4096;

/** Reads /proc/PID/stat; undefined for another text. */
export function parseStat(text: string): ProcessStat | undefined {
  const field = statFields(text);
  if (field === undefined) return undefined;
  const number = (at: number) => wholeNumber(field(at));
  const state = field(3);
  const cpuTicks = number(14) + number(15);
  const [ppid, threads, startTicks] = [number(4), number(20), number(22)];
  if (!/^[A-Za-z]$/.test(state) || Number.isNaN(ppid + cpuTicks + threads + startTicks)) return undefined;
  return { ppid, state, cpuTicks, threads, startTicks };
}

/**
 * The second number of /proc/PID/schedstat or /proc/PID/task/TID/schedstat: ns that the thread was ready to run and
 * stood in the run queue.
 */
export function parseRunQueueWait(text: string): number | undefined {
  const [onCpu, waited] = text.trim().split(/\s+/).map(wholeNumber);
  // Kernels that do not keep the times write zeros; a thread that exists has run.
  return onCpu !== undefined && waited !== undefined && onCpu + waited > 0 ? waited : undefined;
}

/** Pss of /proc/PID/smaps_rollup in bytes: its own pages, and its share of those it has in common with others. */
export function parsePss(text: string): number | undefined {
  const match = /^Pss:\s+(\d{1,12}) kB$/m.exec(text);
  return match === null ? undefined : 1024 * Number(match[1]);
}

/** Private pages of /proc/PID/smaps_rollup in bytes: what its end would free. */
export function parsePrivate(text: string): number | undefined {
  const match = /^Private_Clean:\s+(\d{1,12}) kB\nPrivate_Dirty:\s+(\d{1,12}) kB$/m.exec(text);
  return match === null ? undefined : 1024 * (Number(match[1]) + Number(match[2]));
}

/** Resident memory of /proc/PID/stat in bytes, pages shared with other processes among it. */
export function parseResident(stat: string): number | undefined {
  const pages = wholeNumber(statFields(stat)?.(24));
  return pages >= 0 ? PAGE_BYTES * pages : undefined;
}

/** Resident less shared pages of /proc/PID/statm in bytes: costs microseconds where Pss costs milliseconds. */
export function parseUnshared(text: string): number | undefined {
  const [, resident, shared] = text.trim().split(/\s+/).map(wholeNumber);
  const pages = (resident ?? NaN) - (shared ?? NaN);
  return pages >= 0 ? PAGE_BYTES * pages : undefined;
}

/** RssAnon of /proc/PID/status in bytes: pages that are no file's, those shared with a forking parent among them. */
export function parseAnonymous(text: string): number | undefined {
  const match = /^RssAnon:\s+(\d{1,12}) kB$/m.exec(text);
  return match === null ? undefined : 1024 * Number(match[1]);
}

/** voluntary_ctxt_switches of /proc/PID/status: how often the main thread has waited for something. */
export function parseVoluntarySwitches(text: string): number | undefined {
  const match = /^voluntary_ctxt_switches:\s+(\d{1,15})$/m.exec(text);
  return match === null ? undefined : Number(match[1]);
}

/** Signal numbers on every architecture that we run on. */
const SIGCONT = 18, SIGTSTP = 20, SIGTTIN = 21, SIGTTOU = 22;

/**
 * Whether a process has handlers for SIGTTIN and SIGTTOU, by /proc/PID/status; undefined when that does not tell. A gunicorn
 * master has both, and so has each worker it forks. Programs that it executes have not, and no launcher has, but for those
 * that pass every signal on (dumb-init): they have handlers for all job control.
 */
export function catchesCountSignals(text: string): boolean | undefined {
  const caught = caughtSignals(text);
  if (caught === undefined) return undefined;
  return caught(SIGTTIN) && caught(SIGTTOU) && !(caught(SIGTSTP) && caught(SIGCONT));
}

/** For which signal numbers a process has handlers, by /proc/PID/status; undefined when that does not tell. */
export function caughtSignals(text: string): ((signal: number) => boolean) | undefined {
  const mask = /^SigCgt:\s+([0-9a-f]{1,16})$/m.exec(text)?.[1];
  if (mask === undefined) return undefined;
  return (signal) => (BigInt(`0x${mask}`) >> BigInt(signal - 1) & 1n) === 1n;
}

/** The pids of /proc/PID/task/TID/children. */
export function parsePids(text: string): number[] {
  return text.split(/\s+/).map(wholeNumber).filter((pid) => pid > 0 && pid < 2 ** 31);
}
