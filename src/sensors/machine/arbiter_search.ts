/** Finds gunicorn's master below the started process, without the probe. */

import { type ProcessId, processOf } from "../../platform/process_id.ts";
import { readNames, readText } from "../text_file.ts";
import { catchesCountSignals, caughtSignals, parsePids, parseVoluntarySwitches } from "./process_stat.ts";

/** Most processes searched: a launcher has only a few. */
const MOST_PROCESSES = 200;

/** Whether this process handles SIGTTIN and SIGTTOU, which stop other programs. */
export function takesCountSignals(pid: number): boolean {
  return catchesCountSignals(readText(`/proc/${pid}/status`) ?? "") === true;
}

const NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGUSR1: 10, SIGTERM: 15, SIGWINCH: 28 } as const;

/**
 * Whether this process has a handler for the signal; undefined where that is not known: without /proc, or where it shows
 * another pid namespace, in which the pid is another process's.
 */
export function handles(pid: number, signal: keyof typeof NUMBERS): boolean | undefined {
  if (!showsOurs()) return undefined;
  return caughtSignals(readText(`/proc/${pid}/status`) ?? "")?.(NUMBERS[signal]);
}

/** Whether /proc shows the processes of our pid namespace: by a pid of ours it else finds another process, or none. */
export function showsOurs(): boolean {
  try {
    return Deno.readLinkSync("/proc/self") === String(Deno.pid);
  } catch {
    return false;
  }
}

/** How often its main thread has waited for something; a gunicorn master's loop does once a second. */
export function voluntarySwitches(pid: number): number | undefined {
  return parseVoluntarySwitches(readText(`/proc/${pid}/status`) ?? "");
}

/** The topmost process that takes count signals, from `pid` down; undefined when there is none (yet). */
export function findArbiter(pid: number): ProcessId | undefined {
  const row = [pid];
  for (let i = 0; i < row.length && i < MOST_PROCESSES; i++) {
    if (takesCountSignals(row[i]!)) return processOf(row[i]!);
    row.push(...childrenOf(row[i]!));
  }
  return undefined;
}

/** The children of a process. The kernel lists them by thread: a launcher may fork from any of its threads. */
export function childrenOf(pid: number): number[] {
  const folder = `/proc/${pid}/task`;
  return readNames(folder).flatMap((thread) => parsePids(readText(`${folder}/${thread}/children`) ?? ""));
}
