/** The figures that the README shows, from the same runs as docs/benchmarks.md, so that the two cannot disagree. */
import { isAbsent, type Results } from "../bench/report/results.ts";
import { costOf, percent } from "../bench/report/results_table.ts";
import { scenariosNamed } from "../bench/scenarios.ts";
import { table } from "./markdown_table.ts";

/** Server of the benchmark -> as named in the README. */
const SERVERS = new Map([
  ["ours", "this project"],
  ["uwsgi-tuned", "uWSGI busyness, tuned"],
  ["rust-tuned", "Rust autoscaler, tuned"],
]);

/** Loads that the README shows: the best, a slow service, the worst, and a real trace. */
const LOADS: readonly string[] = ["burst", "slow-dependency", "long-boot", "trace"];

/**
 * A row for each of these loads: "share within the objective at share of the maximum's worker-seconds".
 * @throws when a run is missing
 */
export function measuredTable({ scenarios }: Results): string {
  const rows = scenariosNamed(LOADS).map(({ name, title }) => {
    const runs = scenarios[name] ?? {};
    const cells = [...SERVERS.keys()].map((server) => {
      const run = runs[server];
      if (run === undefined || isAbsent(run)) {
        throw new Error(
          `Cannot fill in README.md: ${server} was not measured on ${name}, run deno task bench`,
        );
      }
      return `${percent(run.shareWithinSlo, 2)} at ${costOf(server, runs)}`;
    });
    return [title, ...cells];
  });
  return table(["load", ...SERVERS.values()], rows);
}
