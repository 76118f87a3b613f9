/** How docs/benchmarks.md begins: each server over all loads, as a picture and a table, from the table of loads below. */
import { drawOverview } from "../bench/report/overview.ts";
import { loadsTable, type Measured, measuredIn } from "./loads_table.ts";
import { table } from "./markdown_table.ts";

const MINE = "gunicorn-autoscaler";
/** Columns before those of servers. */
const ABOUT_LOAD = 3;

interface Server {
  readonly label: string;
  readonly inTime: number;
  readonly cost: number;
  readonly worst: string;
}

interface Overview {
  /** Loads that all servers met. */
  readonly loads: readonly string[];
  readonly servers: readonly Server[];
}

function overview(benchmarks: string): Overview {
  const { head, rows } = loadsTable(benchmarks);
  const met = rows.map((row) => ({ load: row[0]!, measured: row.slice(ABOUT_LOAD).map(measuredIn) }))
    .filter(({ measured }) => !measured.includes(undefined));
  if (met.length === 0) {
    throw new Error(
      "Cannot draw the servers: docs/benchmarks.md has no load that all met, write its table again",
    );
  }
  const mean = (numbers: number[]) => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
  const servers = head.slice(ABOUT_LOAD).map((label, column) => {
    const runs = met.map(({ load, measured }) => ({ load, ...measured[column] as Measured }));
    const worst = runs.reduce((least, run) => run.inTime < least.inTime ? run : least);
    return {
      label,
      inTime: mean(runs.map(({ inTime }) => inTime)),
      cost: mean(runs.map(({ cost }) => cost)),
      worst: `${percent(worst.inTime, 2)}, ${worst.load}`,
    };
  });
  // The cheapest first.
  return { loads: met.map(({ load }) => load), servers: servers.sort((a, b) => a.cost - b.cost) };
}

export function overviewPicture(benchmarks: string): string {
  const { loads, servers } = overview(benchmarks);
  return drawOverview(servers.map((server) => ({ ...server, mine: server.label === MINE })), {
    title: "Answered in time, and what it took",
    subtitle:
      `Real servers on two cores, the mean of ${loads.length} loads. Higher is faster for users, further left is cheaper.`,
    cost: "worker-seconds, of what the maximum number of workers takes",
    costUnit: "worker-seconds",
  });
}

export function overviewTable(benchmarks: string): string {
  const rows = overview(benchmarks).servers.map(({ label, inTime, cost, worst }) => [
    label,
    percent(inTime, 2),
    percent(cost, 0),
    worst,
  ]);
  return table(["server", "in time", "worker-seconds", "worst load"], rows);
}

/** Rounded down, as in the table of loads, but for a fraction that is only a rounding error. */
function percent(share: number, digits: number): string {
  return `${(digits === 0 ? share * 100 : Math.floor(share * 10_000 + 1e-6) / 100).toFixed(digits)} %`;
}
