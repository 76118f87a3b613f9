/** The table of loads in docs/benchmarks.md: pages and pictures take its figures, so that they cannot disagree. */

/** The column that says what a load is. */
export const TITLE = 1;

export interface LoadsTable {
  /** Names of the columns; servers among them. */
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What a cell says, as shares (0..1). */
export interface Measured {
  readonly inTime: number;
  /** Worker-seconds, of the maximum's. */
  readonly cost: number;
}

export function loadsTable(benchmarks: string): LoadsTable {
  const [head = [], , ...rows] = benchmarks.slice(benchmarks.indexOf("| load ")).split("\n\n", 1)[0]!
    .split("\n").map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
  return { head, rows };
}

/**
 * "99.90 %, 104 ms, 40 %" as numbers; the maximum's "100.00 %, 104 ms, 540" costs 1; undefined for one that did not take
 * part.
 */
export function measuredIn(cell: string): Measured | undefined {
  const [, inTime, cost] = /^([\d.]+) %, \d+ ms, (?:(\d+) %|\d+)/.exec(cell) ?? [];
  if (inTime === undefined) return undefined;
  return { inTime: Number(inTime) / 100, cost: cost === undefined ? 1 : Number(cost) / 100 };
}
