import { delay } from "@std/async/delay";
import { isAlive, type ProcessId, processOf, sendSignal } from "../platform/process_id.ts";

const LOOK_MS = 50;

/** The pids with their start times, without those that have ended. */
export function remember(pids: Iterable<number>): ProcessId[] {
  return [...pids].map(processOf).filter((process) => process !== undefined);
}

/**
 * Ends workers whose master was killed: a worker notices that only at its next heartbeat, up to half of --timeout
 * later. SIGTERM first, SIGKILL for what is left after `graceMs`.
 */
export async function endLeftovers(processes: readonly ProcessId[], graceMs: number): Promise<void> {
  let left = processes.filter(isAlive);
  for (const { pid } of left) sendSignal(pid, "SIGTERM");
  for (let waitedMs = 0; left.length > 0 && waitedMs < graceMs; waitedMs += LOOK_MS) {
    await delay(LOOK_MS);
    left = left.filter(isAlive);
  }
  for (const { pid } of left) sendSignal(pid, "SIGKILL");
}
