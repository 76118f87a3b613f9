/** The figures that the README shows, taken from the tables of docs/benchmarks.md, so that the two cannot disagree. */
import { table } from "./table.ts";

/** Server as named there -> as named in the README. */
const SERVERS = new Map([
  ["gunicorn-autoscaler", "this project"],
  ["uWSGI busyness, tuned", "uWSGI busyness, tuned"],
  ["Rust autoscaler, tuned", "Rust autoscaler, tuned"],
]);

/** Sections of docs/benchmarks.md that the README shows: the best, a slow service, the worst, and a real trace. */
const LOADS: readonly string[] = ["burst", "slow-dependency", "long-boot", "trace"];

/**
 * A row for each of these loads: "share within the objective at share of the maximum's worker-seconds".
 * @throws when the page lacks one of them, or a column
 */
export function measuredTable(benchmarks: string): string {
  const sections = benchmarks.split(/^## /m).slice(1);
  const rows = LOADS.map((name) => {
    const section = sections.find((section) => section.startsWith(`${name}\n`)) ?? "";
    const [load] = /^[^|]*?\n\n([^|]*?) \(SLO/.exec(section)?.slice(1) ?? [];
    if (load === undefined) {
      throw new Error(`Cannot fill in README.md: docs/benchmarks.md has no section ${name}, write it again`);
    }
    const cells = cellsByServer(section);
    return [load, ...[...SERVERS.keys()].map((server) => cells.get(server) ?? "-")];
  });
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
