/** The figures that the README shows, taken from the tables of docs/benchmarks.md, so that the two cannot disagree. */
import { table } from "./table.ts";

/** Server as named there -> as named in the README. */
const SERVERS = new Map([
  ["gunicorn-autoscaler", "this project"],
  ["uWSGI busyness, tuned", "uWSGI busyness, tuned"],
  ["Rust autoscaler, tuned", "Rust autoscaler, tuned"],
]);

/**
 * A row for every load of the benchmark: "share within the objective at share of the maximum's worker-seconds".
 * @throws when the page has no table with these columns
 */
export function measuredTable(benchmarks: string): string {
  const sections = benchmarks.split(/^## /m).slice(1).filter((section) => section.includes("| within SLO |"));
  const rows = sections.flatMap((section) => {
    const [load] = /^[^|]*?\n\n([^|]*?) \(SLO/.exec(section)?.slice(1) ?? [];
    if (load === undefined) return []; // the trace: another objective, other columns
    const cells = cellsByServer(section);
    return [[load, ...[...SERVERS.keys()].map((server) => cells.get(server) ?? "-")]];
  });
  if (rows.length === 0) {
    throw new Error("Cannot fill in README.md: docs/benchmarks.md has no table with a column within SLO");
  }
  return table(["load", ...SERVERS.values()], rows);
}

function cellsByServer(section: string): Map<string, string> {
  const lines = section.split("\n").filter((line) => line.startsWith("|"))
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
  const within = lines[0]!.indexOf("within SLO"), share = lines[0]!.indexOf("of max");
  if (within < 0 || share < 0) {
    throw new Error("Cannot read docs/benchmarks.md: its columns have other names");
  }
  return new Map(lines.map((cells) => [cells[0]!, `${cells[within]} at ${cells[share]}`]));
}
