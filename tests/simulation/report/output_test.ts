import { assert, assertEquals, assertGreaterOrEqual, assertLess, assertStringIncludes } from "@std/assert";
import { OPTIONS } from "../../../src/settings/settings_table.ts";
import { policyOf } from "../../../src/settings/policy.ts";
import type { Settings } from "../../../src/settings/settings.ts";
import { autoscaler } from "../../../src/simulation/controllers/autoscaler_controller.ts";
import { fixed } from "../../../src/simulation/controllers/controller.ts";
import { run } from "../../../src/simulation/server/engine.ts";
import { foresight } from "../../../src/simulation/controllers/foresight.ts";
import { page } from "../../../src/simulation/report/page.ts";
import { percent, table } from "../../../src/simulation/report/results_table.ts";
import { terminalChart } from "../../../src/simulation/report/terminal_chart.ts";
import { tune } from "../../../src/simulation/report/tuning.ts";
import { scenario } from "../server/scripted_scenario.ts";

const SETTINGS = {
  ...Object.fromEntries(OPTIONS.map((option) => [option.name, option.default])),
  minWorkers: 2,
  maxWorkers: 12,
} as unknown as Settings;
const WORLD = scenario("5x5s,60x10s,5x10s", "100");

Deno.test("a share is rounded down: 100 % means all", () => {
  assertEquals([1, 0.99999, 0.995, 0.07, 0].map(percent), [
    "100.00 %",
    "99.99 %",
    "99.50 %",
    "7.00 %",
    "0.00 %",
  ]);
});

Deno.test("the table has a line a result, in columns, and the ratio to foresight", () => {
  const ideal = foresight(WORLD, 2, 12);
  const lines = table([run(WORLD, fixed(12)), ideal], ideal);
  assertEquals(lines.length, 3);
  assertEquals(lines[2]!.split(/\s{2,}/)[6], "1.00");
  const ratio = Number(lines[1]!.split(/\s{2,}/)[6]);
  assert(Math.abs(ratio - 300 / ideal.workerSeconds) < 0.01);
});

Deno.test("the terminal chart fits the width and shows where the load is", () => {
  const result = run(WORLD, fixed(12));
  for (const width of [40, 80, 120]) {
    const lines = terminalChart(result, width);
    for (const line of lines) assert(line.length <= width, `${line.length} at ${width}: ${line}`);
    const top = lines[0]!.slice(17);
    const busiest = top.indexOf("█") / (width - 18);
    assert(busiest > 0.18 && busiest < 0.62, top);
  }
});

Deno.test("a chart of nothing is no error", () => {
  const lines = terminalChart(run(scenario("0x1s", "100"), fixed(1)), 80);
  assertGreaterOrEqual(lines.length, 10);
});

Deno.test("the page is one file that asks for nothing, and what is in it cannot break out of it", () => {
  const result = { ...run(WORLD, autoscaler(policyOf(SETTINGS))), controller: "</script><b>min=4" };
  const html = page({
    title: "a <b> title",
    subtitle: "5 & 6",
    sloMs: 300,
    results: [result],
    foresight: undefined,
  });
  assertStringIncludes(html, "a &lt;b&gt; title");
  assertStringIncludes(html, "5 &amp; 6");
  assert(!html.includes("</script><b>"));
  assert(!/(src|href)=|url\(|@import|fetch\(/.test(html.replace(/<script>[\s\S]*?<\/script>/, "")));
  const data = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)![1]!;
  const { runs, header } = JSON.parse(data);
  assertEquals(runs[0].name, "</script><b>min=4");
  for (const { name, title } of header.slice(1)) assert(title, `what ${name} means is not said`);
  assertEquals(runs[0].changes.length, result.changes.length);
  assertLess(html.length, 400_000);
});

Deno.test("tuning finds settings that hold the share for fewer worker-seconds, the same each time", () => {
  const wasteful = { ...SETTINGS, idleSeconds: 20, targetUtilization: 0.5 };
  const options = { share: 0.99, initialWorkers: 0 };
  const world = scenario("5x10s,40x10s,5x30s", "100");
  const tuning = tune(world, wasteful, options);
  assert(tuning.complete);
  assertGreaterOrEqual(tuning.best.share, 0.99);
  assertLess(tuning.best.workerSeconds, 0.9 * tuning.before.workerSeconds);
  assert(tuning.changed.includes("idleSeconds"));
  assertEquals(tune(world, wasteful, options), tuning);
});

Deno.test("tuning that is stopped gives the best so far", () => {
  let tries = 0;
  const tuning = tune(WORLD, SETTINGS, { share: 0.99, initialWorkers: 0, stop: () => ++tries > 3 });
  assertEquals([tuning.complete, tuning.trials], [false, 4]);
});

Deno.test("tuning a load that nothing holds gets as near as it can", () => {
  const tuning = tune(scenario("100x10s", "100"), { ...SETTINGS, maxWorkers: 5 }, {
    share: 0.99,
    initialWorkers: 0,
  });
  assertLess(tuning.best.share, 0.99);
  assertGreaterOrEqual(tuning.best.share, tuning.before.share);
});
