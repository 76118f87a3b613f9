/**
 * Mutants that no test can catch because they do the same as the code. Each says why; one that is not in the code any
 * more is an error, so that this list does not outlive what it excuses.
 */
import type { Mutant } from "./mutants.ts";

export interface Equivalent {
  readonly file: string;
  /** The line of code, trimmed. */
  readonly code: string;
  /** What is changed into what, as `--list-survivors` prints it. */
  readonly changes: readonly string[];
  readonly because: string;
}

export const EQUIVALENT: readonly Equivalent[] = [];

/** Why a mutant needs no test; undefined when it does. */
export function excuseOf(mutant: Mutant, list = EQUIVALENT): string | undefined {
  return list.find((e) => matches(e, mutant))?.because;
}

/** Entries that name no mutant there is. */
export function stale(mutants: readonly Mutant[], list = EQUIVALENT): string[] {
  return list.flatMap((e) =>
    e.changes.filter((change) => !mutants.some((m) => matches({ ...e, changes: [change] }, m)))
      .map((change) => `${e.file}: "${e.code}": ${change}`)
  );
}

function matches(equivalent: Equivalent, mutant: Mutant): boolean {
  return equivalent.file === mutant.file && equivalent.code === mutant.code &&
    equivalent.changes.includes(mutant.change);
}
