import { assert, assertEquals } from "@std/assert";
import { METRIC_PREFIX, METRICS } from "../../src/status/metrics/metric_table.ts";
import { stale } from "../../docs/generate.ts";

const repository = new URL("../../", import.meta.url);

/** Metric names that a text uses, histogram suffixes taken off. */
function used(text: string): Set<string> {
  const names = [...text.matchAll(new RegExp(`\\b${METRIC_PREFIX}([a-z0-9_]+)`, "g"))].map((match) =>
    match[1]!
  );
  const known = new Set(METRICS.map(({ name }) => name));
  return new Set(names.map((name) => known.has(name) ? name : name.replace(/_(bucket|sum|count)$/, "")));
}

for (
  const path of [
    "deploy/grafana/dashboard.json",
    "deploy/prometheus/rules.yml",
    "deploy/prometheus/rules_test.yml",
  ]
) {
  Deno.test(`${path} uses metrics that there are`, async () => {
    const names = used(await Deno.readTextFile(new URL(path, repository)));
    assert(names.size >= 4, `only ${names.size} metrics`);
    const known = new Set(METRICS.map(({ name }) => name));
    assertEquals([...names].filter((name) => !known.has(name)), []);
  });
}

Deno.test("the Grafana dashboard is one: panels that do not overlap, queries on every one", async () => {
  const text = await Deno.readTextFile(new URL("deploy/grafana/dashboard.json", repository));
  const { panels } = JSON.parse(text) as {
    panels: {
      id: number;
      title: string;
      gridPos: { x: number; y: number; w: number; h: number };
      targets: { expr: string }[];
    }[];
  };
  assertEquals(new Set(panels.map(({ id }) => id)).size, panels.length);
  const taken = new Map<string, string>();
  for (const { title, gridPos: { x, y, w, h }, targets } of panels) {
    assert(targets.length > 0 && targets.every(({ expr }) => expr.includes(METRIC_PREFIX)), title);
    assert(x >= 0 && x + w <= 24, title);
    for (let column = x; column < x + w; column++) {
      for (let row = y; row < y + h; row++) {
        assertEquals(taken.get(`${column},${row}`), undefined, title);
        taken.set(`${column},${row}`, title);
      }
    }
  }
});

Deno.test("the Grafana dashboard shows sleeps, and how soon they ended", async () => {
  const names = used(await Deno.readTextFile(new URL("deploy/grafana/dashboard.json", repository)));
  const sleeps = ["asleep", "wake_ups_total", "wake_up_first_answer_seconds"];
  assertEquals(sleeps.filter((name) => !names.has(name)), []);
});

Deno.test("the page about metrics is as the table has it", async () => {
  assertEquals((await stale()).filter((path) => path === "docs/metrics.md"), []);
});
