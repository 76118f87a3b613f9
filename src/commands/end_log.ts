import type { Logger } from "@logtape/logtape";
import type { Exit } from "../gunicorn/process.ts";

/** The process whose end ended the run: gunicorn's master, a launcher above it, or the program that `exec` started. */
export type EndedProcess = "master" | "launcher" | "program";

const NAMES: Readonly<Record<EndedProcess, string>> = {
  master: "gunicorn's master",
  launcher: "the launcher",
  program: "the program",
};

/** gunicorn's own exit codes for a start that failed: what they mean, and where to look. */
const BOOT_FAILURES: ReadonlyMap<number, string> = new Map([
  [3, "a worker could not boot, its error is above; gunicorn-autoscaler check APP tells it too"],
  [4, "the application could not be loaded, its error is above; gunicorn-autoscaler check APP tells it too"],
]);

/** Logs how the run ended; nothing after an orderly stop. `isStopped`: a signal to stop came before. */
export function logEnd(
  exit: Exit,
  process: EndedProcess,
  { isStopped, log }: { readonly isStopped: boolean; readonly log: Logger },
): void {
  const isProgram = process === "program";
  const ended = isProgram ? NAMES.program : "gunicorn";
  if (exit.signal !== null) {
    log.error("{who} was killed by {signal}", { who: NAMES[process], signal: exit.signal });
  } else if (exit.code !== 0) {
    const why = isProgram ? undefined : BOOT_FAILURES.get(exit.code);
    log.error(`{ended} ended with exit code {code}${why === undefined ? "" : `: ${why}`}`, {
      ended,
      code: exit.code,
    });
  } else if (!isStopped) {
    log.info("{ended} ended by itself", { ended });
  }
}
