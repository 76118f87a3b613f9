import { startTicksOf } from "../platform/runtime_dir.ts";

/** A process as we last saw it; the start time tells whether its pid is still its own. */
export interface KnownProcess {
  readonly pid: number;
  readonly startTicks: number;
}

const LOOK_MS = 50;

/** The pids with their start times, those that are already gone left out. */
export function remember(pids: Iterable<number>): KnownProcess[] {
  const known: KnownProcess[] = [];
  for (const pid of pids) {
    const startTicks = startTicksOf(pid);
    if (startTicks !== undefined) known.push({ pid, startTicks });
  }
  return known;
}

/**
 * Ends workers whose master was killed: left alone a worker notices only at its next heartbeat, up to half of --timeout
 * later, and serves on with nobody to replace it. SIGTERM first, SIGKILL for what is left after `graceMs`.
 */
export async function endLeftovers(processes: readonly KnownProcess[], graceMs: number): Promise<void> {
  let left = processes.filter(isAlive);
  for (const { pid } of left) send(pid, "SIGTERM");
  for (let waitedMs = 0; left.length > 0 && waitedMs < graceMs; waitedMs += LOOK_MS) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    left = left.filter(isAlive);
  }
  for (const { pid } of left) send(pid, "SIGKILL");
}

function isAlive({ pid, startTicks }: KnownProcess): boolean {
  if (startTicksOf(pid) !== startTicks) return false;
  try {
    // A zombie has ended; whoever is its parent now will reap it.
    return !/\) Z /.test(Deno.readTextFileSync(`/proc/${pid}/stat`));
  } catch {
    return false;
  }
}

function send(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch {
    // It ended on its own meanwhile.
  }
}
