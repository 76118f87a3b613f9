/** The worker that a fork server has forked in advance. */
import { descendants } from "../../tests/support/processes.ts";

/** Its pid; undefined while there is none. */
export function spareOf(master: number): number | undefined {
  return descendants(master).find(({ pid }) => {
    try {
      // The process between it and the fork server has its name too, for a moment.
      return new RegExp(`\\(spare worker\\) \\S ${master} `).test(Deno.readTextFileSync(`/proc/${pid}/stat`));
    } catch {
      return false; // it ended meanwhile
    }
  })?.pid;
}
