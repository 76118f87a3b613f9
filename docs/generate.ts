/** Writes the parts of the documentation that are made from the source: `deno task docs --help`. */
import { taskArguments } from "../tasks/arguments.ts";
import { toggle } from "../tasks/options.ts";
import { drawPicture, PICTURES } from "./decision_picture.ts";
import { measuredTable } from "./measured_table.ts";
import { metricsPage } from "./metrics_page.ts";
import { fewSettings, settingsPage } from "./settings_page.ts";
import { burstPicture, djangoTable, loadsTable, overviewPicture, readRuns } from "./overview.ts";
import { setupsPage } from "./setups_page.ts";

const repository = new URL("../", import.meta.url);

/** Path in the repository -> what should be in it. */
async function generated(): Promise<ReadonlyMap<string, string>> {
  const readme = await Deno.readTextFile(new URL("README.md", repository));
  const benchmarks = await Deno.readTextFile(new URL("docs/benchmarks.md", repository));
  const runs = await readRuns();
  const pictures = Object.entries(PICTURES).map(([name, picture]): [string, string] => [
    `docs/images/${name}.svg`,
    drawPicture(picture),
  ]);
  return new Map([
    ...pictures,
    ...(runs.own.scenarios.burst ? [["docs/images/burst.svg", burstPicture(runs)] as const] : []),
    ["docs/images/overview.svg", overviewPicture(runs)],
    [
      "docs/benchmarks.md",
      between(between(benchmarks, "django", djangoTable(runs)), "loads", loadsTable(runs)),
    ],
    ["docs/settings.md", settingsPage()],
    ["docs/metrics.md", metricsPage()],
    ["docs/setups.md", setupsPage()],
    [
      "README.md",
      between(between(readme, "settings", fewSettings()), "measured", measuredTable(runs.own)),
    ],
  ]);
}

/** `text` with what stands between `<!-- NAME -->` and `<!-- end of NAME -->` replaced. */
function between(text: string, name: string, inside: string): string {
  const [open, close] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const from = text.indexOf(open), to = text.indexOf(close);
  if (from < 0 || to < from) {
    throw new Error(
      `Cannot fill in a page: its lines "${open}" and "${close}" are not both there, add them`,
    );
  }
  return `${text.slice(0, from + open.length)}\n\n${inside}\n\n${text.slice(to)}`;
}

/** The files that are not as they should be. */
export async function stale(): Promise<string[]> {
  const found: string[] = [];
  for (const [path, wanted] of await generated()) {
    const is = await Deno.readTextFile(new URL(path, repository)).catch(() => undefined);
    if (is !== wanted) found.push(path);
  }
  return found;
}

const TASK = {
  command: "deno task docs",
  action: "write the pages",
  about:
    "Writes the parts of the documentation that are made from the source: tables of settings and metrics, pictures " +
    "of decisions.",
  options: { check: toggle("Only say whether they are fresh.") },
  examples: ["", "--check"],
  notes: ["Exit codes: 0; with --check 1 when something is stale; 2 for bad usage."],
};

async function main(): Promise<number> {
  const { options: { check } } = taskArguments(TASK);
  const paths = await stale();
  if (check) {
    for (const path of paths) console.error(`${path} is stale: run "deno task docs"`);
    return paths.length === 0 ? 0 : 1;
  }
  const texts = await generated();
  for (const path of paths) {
    await Deno.writeTextFile(new URL(path, repository), texts.get(path)!);
    console.log(`wrote ${path}`);
  }
  return 0;
}

if (import.meta.main) Deno.exit(await main());
