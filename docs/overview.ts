/** How docs/benchmarks.md begins: each server over all loads as a picture, and the tables of loads. */
import { drawChart } from "../bench/report/chart.ts";
import { commonLoads, drawOverview, MEMORY, overall, WORKERS } from "../bench/report/overview.ts";
import { readResults, type Results } from "../bench/report/results.ts";
import { pageTable } from "../bench/report/results_table.ts";
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
const SERVERS = ["fixed-max", "ours", "uwsgi-busyness", "uwsgi-tuned", "rust-tuned"];
const ON_DJANGO = ["fixed-max", "preload", "ours", "ours-fork", "uwsgi-tuned", "uwsgi-lazy", "rust-tuned"];

/** The table of loads, and beneath it those on Django where they were measured. */
export function loadsTables(runs: Runs): string {
  const all = pageOf(newest(runs), SERVERS, (load) => runs.own.scenarios[load] === undefined);
  if (Object.keys(runs.django.scenarios).length === 0) return all;
  return `${all}\n\nOn a Django application:\n\n${pageOf(runs.django, ON_DJANGO, () => false)}`;
}

function pageOf(
  results: Results,
  servers: readonly string[],
  isEarlier: (load: string) => boolean,
): string {
  const runs = scenarios.map((scenario) => {
    const { name } = scenario;
    const marked = isEarlier(name) ? { ...scenario, name: `${name} ${EARLIER}` } : scenario;
    return [marked, results.scenarios[name] ?? {}] as const;
  });
  const [head, ...rows] = pageTable(runs, rivalsNamed(servers));
  return table(head, rows);
}

/** Servers that the picture shows. */
const DRAWN = ["ours", "fixed-max", "uwsgi-busyness", "uwsgi-tuned", "rust-tuned"];
const DRAWN_ON_DJANGO = ["ours", "ours-fork", "fixed-max", "preload", "uwsgi-tuned"];

/** Memory on the Django application where it was measured, else worker-seconds. */
export function overviewPicture(runs: Runs): string {
  const [memory, workers] = [rivalsNamed(DRAWN_ON_DJANGO), rivalsNamed(DRAWN)];
  const onDjango = commonLoads(runs.django, memory);
  const all = newest(runs);
  const loads = onDjango.length > 0 ? onDjango : commonLoads(all, workers, false);
  const title = "Answered in time, and what it took";
  const subtitle = `Two cores, ${loads.length} loads. Up is faster for users, left is cheaper.`;
  return onDjango.length > 0
    ? drawOverview(overall(runs.django, loads, memory), MEMORY, {
      title,
      subtitle: `A Django application on two cores, ${
        loads.join(" and ")
      }. Up is faster for users, left is cheaper.`,
    })
    : drawOverview(overall(all, loads, workers), WORKERS, { title, subtitle });
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
