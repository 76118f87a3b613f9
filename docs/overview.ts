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
}

export async function readRuns(): Promise<Runs> {
  const file = (name: string) => new URL(`../bench/results/${name}.json`, import.meta.url).pathname;
  return {
    own: await readResults(file("own")),
    django: await readResults(file("django")),
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

/** Each load with its own application. */
export function loadsTable({ own }: Pick<Runs, "own">): string {
  const runs = scenarios.map((scenario) => [scenario, own.scenarios[scenario.name] ?? {}] as const);
  const [head, ...rows] = pageTable(runs, rivalsNamed(SERVERS));
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
