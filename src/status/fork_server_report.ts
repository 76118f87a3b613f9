import type { ForkServerReading } from "../sensors/probe/arbiter_reading.ts";
import type { ForkServerReport } from "./status_types.ts";

/** What status pages tell of the fork server. */
export function forkServerReport(reading: ForkServerReading): ForkServerReport {
  const { state, pid, importMs, forks, lastForkMs, failures } = reading;
  return {
    state,
    pid: pid ?? "unknown",
    importSeconds: importMs / 1000,
    forks,
    lastForkSeconds: lastForkMs === undefined ? "unknown" : lastForkMs / 1000,
    failures,
    text: forkServerText(reading),
  };
}

/** What the fork server is and did, in a sentence; empty while none is wanted. */
function forkServerText(reading: ForkServerReading): string {
  const { state, pid, importMs, forks, lastForkMs, failures, why } = reading;
  const lost = failures === 0 ? "" : `; ${failures} lost or not had`;
  if (state === "ready") {
    const last = lastForkMs === undefined ? "" : `, the last in ${Math.max(1, Math.round(lastForkMs))} ms`;
    return `pid ${pid}, imported in ${(importMs / 1000).toFixed(2)} s; ${forks} workers forked${last}${lost}`;
  }
  if (state === "starting") return `pid ${pid} imports the application${lost}`;
  if (state === "refused") return `none: ${why}`;
  return state === "failed" ? `none, it is tried again${lost}` : "";
}
