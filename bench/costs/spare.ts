/** The worker that a fork server has forked in advance. */
import { descendants } from "../../tests/support/processes.ts";

/** Its pid; undefined while there is none. */
export function spareOf(master: number): number | undefined {
  return descendants(master).find(({ pid }) => {
    try {
      return Deno.readTextFileSync(`/proc/${pid}/comm`).startsWith("spare");
    } catch {
      return false; // it ended meanwhile
    }
  })?.pid;
}
