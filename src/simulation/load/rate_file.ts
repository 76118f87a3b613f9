import type { Segment } from "./arrivals.ts";

/**
 * Reads a trace: one rate (requests per second) a line, each held for `stepMs`; or CSV with a header, of which `column`
 * names (or numbers, from 1) the column with the rate. Empty lines and lines that begin with # are skipped.
 * Throws an Error that names the first bad line.
 */
export function parseRates(
  text: string,
  options: { stepMs?: number; column?: string; scale?: number } = {},
): Segment[] {
  const { stepMs = 1000, scale = 1 } = options;
  const lines = text.split("\n").map((line, i) => ({ line: line.trim(), number: i + 1 }))
    .filter(({ line }) => line !== "" && !line.startsWith("#"));
  const column = options.column === undefined
    ? undefined
    : columnOf(lines.shift()?.line ?? "", options.column);
  if (column?.firstRow) lines.unshift(column.firstRow);
  if (lines.length === 0) throw new Error("Cannot read the trace: it holds no rate, give one rate a line");
  return lines.map(({ line, number }) => {
    const cell = column ? line.split(",")[column.index] ?? "" : line;
    const rate = cell.trim() === "" ? NaN : Number(cell);
    if (!(rate >= 0 && Number.isFinite(rate))) {
      const hint = column || !line.includes(",")
        ? "write a number of requests per second"
        : "name its column";
      throw new Error(`Cannot read the trace: line ${number} ("${cell.slice(0, 40)}") is no rate, ${hint}`);
    }
    return { durationMs: stepMs, ratePerSecond: rate * scale };
  });
}

function columnOf(
  header: string,
  column: string,
): { index: number; firstRow?: { line: string; number: number } } {
  const names = header.split(",").map((name) => name.trim().replace(/^"(.*)"$/, "$1"));
  const named = names.indexOf(column);
  if (named >= 0) return { index: named };
  const index = Number(column) - 1;
  if (!Number.isInteger(index) || index < 0 || index >= names.length) {
    throw new Error(`Cannot read the trace: there is no column "${column}", name one of ${names.join(", ")}`);
  }
  // By number: the first line may be a header or a row already.
  const first = names[index]!;
  return first === "" || Number.isNaN(Number(first))
    ? { index }
    : { index, firstRow: { line: header, number: 1 } };
}
