/** What came of all mutants, as a table. */
import type { Outcome } from "./laboratory.ts";
import type { Mutant } from "./mutants.ts";

export interface Tried {
  readonly mutant: Mutant;
  readonly outcome: Outcome;
}

/** Share of the mutants that the tests caught, 0..1; a loop that does not end is caught by its time. 1 for none. */
export function caughtShare(tried: readonly Tried[]): number {
  return tried.length === 0 ? 1 : tried.filter(({ outcome }) => outcome !== "survived").length / tried.length;
}

/** A line a file and one for all: mutants, killed, timed out, survived, share caught. */
export function report(tried: readonly Tried[]): string {
  const files = [...new Set(tried.map(({ mutant }) => mutant.file))].sort();
  const rows = files.map((file) => row(file, tried.filter(({ mutant }) => mutant.file === file)));
  const table = [
    ["file", "mutants", "killed", "timed out", "survived", "caught"],
    ...rows,
    row("all", tried),
  ];
  const widths = table[0]!.map((_, i) => Math.max(...table.map((cells) => cells[i]!.length)));
  return table.map((cells) =>
    cells.map((cell, i) => i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)).join("  ")
  ).join("\n");
}

/** `bounds/memory.ts:42: < → <=: the line of code`. */
export function sentence({ file, line, change, code }: Mutant): string {
  return `${file}:${line}: ${change}: ${code}`;
}

function row(name: string, tried: readonly Tried[]): string[] {
  const count = (outcome: Outcome) => String(tried.filter((t) => t.outcome === outcome).length);
  const share = `${(100 * caughtShare(tried)).toFixed(1)} %`;
  return [name, String(tried.length), count("killed"), count("timed out"), count("survived"), share];
}
