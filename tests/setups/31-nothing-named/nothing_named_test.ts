/**
 * No application
 * Holds: gunicorn's own error is shown
 * Differs: exit code 2, gunicorn's is 1
 * Note: With exit code 0 a container whose command lacks the application would end without an error.
 */
import { assertEquals } from "@std/assert";
import { setUp } from "../support/set_up.ts";

for (const line of ["", "-w 2", "--max-requests 5 --preload"]) {
  setUp(import.meta, {
    line,
    untilReady: false,
    observe: async ({ process }) => {
      await process.line(/No application module specified/, { timeoutMs: 30_000 });
      return (await process.stop("SIGCONT", 30_000)).code;
    },
    compare: (wrapped, bare) => assertEquals([wrapped, bare], [2, 1]),
  });
}
