/** The figures that the README shows, taken from the table of docs/benchmarks.md, so that the two cannot disagree. */
import { loadsTable, TITLE } from "./loads_table.ts";
import { table } from "./markdown_table.ts";

/** Server as named there -> as named in the README. */
const SERVERS = new Map([
  ["gunicorn-autoscaler", "this project"],
  ["uWSGI busyness, tuned", "uWSGI busyness, tuned"],
  ["Rust autoscaler, tuned", "Rust autoscaler, tuned"],
]);

/** Loads of docs/benchmarks.md that the README shows: the best, a slow service, the worst, and a real trace. */
const LOADS: readonly string[] = ["burst", "slow-dependency", "long-boot", "trace"];

/**
 * A row for each of these loads: "share within the objective at share of the maximum's worker-seconds".
 * @throws when the page lacks one of them, or a column
 */
export function measuredTable(benchmarks: string): string {
  const { head, rows: body } = loadsTable(benchmarks);
  const columns = [...SERVERS.keys()].map((server) => head.indexOf(server));
  const rows = LOADS.map((name) => {
    const row = body.find(([load]) => load === name);
    if (row === undefined || columns.includes(-1)) {
      throw new Error(
        `Cannot fill in README.md: the table of docs/benchmarks.md lacks ${name} or a server, write it again`,
      );
    }
    return [row[TITLE]!, ...columns.map((column) => shareAtCost(row[column] ?? ""))];
  });
  return table(["load", ...SERVERS.values()], rows);
}

/** "99.90 %, 104 ms, 40 %" as "99.90 % at 40 %". */
function shareAtCost(cell: string): string {
  const [share, , cost] = cell.split(", ");
  return cost === undefined ? cell : `${share} at ${cost}`;
}
