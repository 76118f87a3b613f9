/** How docs/benchmarks.md begins: each server over all loads as a picture, and a table of loads on each application. */
import { drawChart } from "../bench/report/chart.ts";
import { overLoads, overSameLoads } from "../bench/report/overview.ts";
import { drawOverview } from "../bench/report/overview_picture.ts";
import { readResults, type Results } from "../bench/report/results.ts";
import { memoryTable, pageTable } from "../bench/report/results_table.ts";
import { scenarios, scenariosNamed } from "../bench/scenarios.ts";
import { rivalsNamed } from "../bench/servers/rivals.ts";
import { table } from "./markdown_table.ts";

/** The runs that the pages show. */
export interface Runs {
  /** Each load with its own application, which is next to nothing. */
  readonly own: Results;
  /** The loads of WSGI on the Django application. */
  readonly django: Results;
  /** Of an earlier law, without memory: for loads that were not measured since. */
  readonly earlier: Results;
}

const EARLIER = "†";

/** The runs of each load: of today's law where it was measured, else of the earlier. */
export function newest({ own, earlier }: Pick<Runs, "own" | "earlier">): Results {
  return { ...own, scenarios: { ...earlier.scenarios, ...own.scenarios } };
}

export async function readRuns(): Promise<Runs> {
  const file = (name: string) => new URL(`../bench/results/${name}.json`, import.meta.url).pathname;
  return {
    own: await readResults(file("own")),
    django: await readResults(file("django")),
    earlier: await readResults(file("earlier")),
  };
}

/** Columns of the tables. */
const SERVERS = ["fixed-max", "ours", "uwsgi-tuned", "rust-tuned"];
const ON_DJANGO = ["fixed-max", "preload", "ours", "ours-fork", "uwsgi-tuned", "uwsgi-lazy", "rust-tuned"];

/** The loads on Django. */
export function djangoTable({ django }: Pick<Runs, "django">): string {
  const runs = scenarios.map((scenario) => [scenario, django.scenarios[scenario.name] ?? {}] as const);
  const [head, ...rows] = memoryTable(runs, rivalsNamed(ON_DJANGO));
  return table(head, rows);
}

/** Each load with its own application: of today's law where it was measured, else of the earlier. */
export function loadsTable(runs: Pick<Runs, "own" | "earlier">): string {
  const all = newest(runs).scenarios;
  const marked = scenarios.map((scenario) => {
    const { name } = scenario;
    const isEarlier = runs.own.scenarios[name] === undefined;
    return [isEarlier ? { ...scenario, name: `${name} ${EARLIER}` } : scenario, all[name] ?? {}] as const;
  });
  const [head, ...rows] = pageTable(marked, rivalsNamed(SERVERS));
  return table(head, rows);
}

/** Servers of the picture; it would have too many dots with more. */
const DRAWN_ON_DJANGO = ["ours", "ours-fork", "fixed-max", "preload", "uwsgi-tuned"];
const DRAWN_ON_THEIR_OWN = ["ours", "fixed-max", "uwsgi-tuned"];

export function overviewPicture({ own, django }: Pick<Runs, "own" | "django">): string {
  const large = overLoads(django, rivalsNamed(DRAWN_ON_DJANGO));
  return drawOverview(large, overSameLoads(own, large, rivalsNamed(DRAWN_ON_THEIR_OWN)));
}

/** The burst, which the README shows. */
export function burstPicture({ own }: Pick<Runs, "own">): string {
  const [burst] = scenariosNamed(["burst"]);
  return drawChart(
    burst!,
    own.scenarios.burst ?? {},
    rivalsNamed(["ours", "fixed-max", "uwsgi-tuned", "rust-tuned"]),
  );
}
