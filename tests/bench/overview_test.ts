import {
  assertAlmostEquals,
  assertEquals,
  assertNotMatch,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { Barrier } from "../../bench/barrier.ts";
import {
  commonLoads,
  drawOverview,
  memorySpots,
  overall,
  overallTable,
} from "../../bench/report/overview.ts";
import type { Results, RunResult } from "../../bench/report/results.ts";
import { onDjango, scenariosNamed } from "../../bench/scenarios.ts";
import { batches, rivalsNamed } from "../../bench/servers/rivals.ts";
import { overviewPicture, overviewTable as overviewOfPage } from "../../docs/overview.ts";

const run = (shareWithinSlo: number, memoryMbSeconds: number, workerSeconds: number) =>
  ({ shareWithinSlo, memoryMbSeconds, workerSeconds }) as RunResult;
const results: Results = {
  machine: { cores: 2 },
  scenarios: {
    burst: { ours: run(1, 300, 200), "fixed-max": run(1, 1000, 500), rust: run(0.5, 900, 400) },
    ramp: { ours: run(0.9, 500, 300), "fixed-max": run(1, 1000, 500), rust: { absent: "not built" } },
  },
};
const servers = rivalsNamed(["ours", "fixed-max"]);

Deno.test("a server is its mean over the loads that all met, each against the maximum under that load", () => {
  assertEquals(commonLoads(results, servers), ["burst", "ramp"]);
  assertEquals(commonLoads(results, rivalsNamed(["ours", "rust"])), ["burst"]);
  const [ours, max] = overall(results, ["burst", "ramp"], servers);
  assertAlmostEquals(ours!.shareWithinSlo, 0.95);
  assertAlmostEquals(ours!.memoryOfMax, 0.4);
  assertAlmostEquals(ours!.workersOfMax, 0.5);
  assertEquals(ours!.worst, { scenario: "ramp", shareWithinSlo: 0.9 });
  assertEquals([max!.memoryOfMax, max!.workersOfMax], [1, 1]);
  assertStringIncludes(
    overallTable([ours!]),
    "| gunicorn-autoscaler | 95.0 % | 40 % | 50 % | 90.0 %, ramp |",
  );
});

Deno.test("the picture of all loads names each server with its figures, and has no broken number", () => {
  const svg = drawOverview(memorySpots(overall(results, ["burst", "ramp"], servers)), {
    ...{ title: "Memory", subtitle: "", cost: "memory × time", costUnit: "memory" },
  });
  assertStringIncludes(svg, "gunicorn-autoscaler</text>");
  assertStringIncludes(svg, "95.0 % in time, 40 % memory</text>");
  assertNotMatch(svg, /NaN|undefined|Infinity/);
  assertStringIncludes(svg, "prefers-color-scheme: dark");
});

Deno.test("on Django, servers whose workers import the application under load are measured alone", () => {
  const chosen = rivalsNamed(["ours", "ours-fork", "fixed-max", "rust", "preload"]);
  const named = batches(onDjango(scenariosNamed(["burst"])[0]!), chosen, true)
    .map((batch) => batch.map(({ name }) => name));
  assertEquals(named, [["ours"], ["ours-fork", "fixed-max", "preload"], ["rust"]]);
  assertThrows(() => onDjango(scenariosNamed(["uvicorn"])[0]!), Error, "Cannot run uvicorn on Django");
});

Deno.test("servers of a batch wait for each other, not for one that failed", async () => {
  const barrier = new Barrier(3);
  const [one, two, failed] = [barrier.place(), barrier.place(), barrier.place()];
  let open = false;
  const passed = Promise.all([one(), two()]).then(() => open = true);
  one(); // again: it counts once
  await new Promise((resolve) => setTimeout(resolve)); // all that can go on has
  assertEquals(open, false);
  failed();
  await passed;
});

Deno.test("how docs/benchmarks.md begins is the mean of its loads that all servers met", () => {
  const page = [
    "| load | what it is | workers | gunicorn, maximum | gunicorn-autoscaler |",
    "| --- | --- | --- | --- | --- |",
    "| burst | a burst | 2..12 | 100.00 %, 104 ms, 540 | 99.00 %, 201 ms, 36 % |",
    "| ramp | a ramp | 2..12 | 98.00 %, 119 ms, 396 | 97.00 %, 210 ms, 46 %, 3 lost |",
    "| uvicorn | FastAPI | 1..8 | 100.00 %, 91 ms, 344 | no ASGI |",
  ].join("\n");
  const rows = overviewOfPage(page).split("\n").slice(2).map((line) => line.replaceAll(/ +/g, " "));
  assertEquals(rows, [
    "| gunicorn-autoscaler | 98.00 % | 41 % | 97.00 %, ramp |",
    "| gunicorn, maximum | 99.00 % | 100 % | 98.00 %, ramp |",
  ]);
  assertStringIncludes(overviewPicture(page), "the mean of 2 loads");
});
