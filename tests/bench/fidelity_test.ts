import { assertEquals, assertMatch } from "@std/assert";
import { compare, type Comparison, markdownRow, row } from "../../bench/report/fidelity_table.ts";
import type { RunResult } from "../../bench/report/results.ts";
import { scenarios } from "../../bench/scenarios.ts";
import { simulatedRival, simulatedScenario } from "../../bench/simulated.ts";
import { fixed } from "../../src/simulation/controllers/controller.ts";
import { run } from "../../src/simulation/server/engine.ts";
import { scenario } from "../simulation/server/scripted_scenario.ts";

const RIVAL = { name: "fixed-min", label: "gunicorn, minimum" };

/** One real run of `shareWithinSlo` and `workerSeconds` beside simulations of these. */
function beside(
  real: [share: number, seconds: number],
  ...simulated: [share: number, seconds: number][]
): Comparison {
  const one = run(scenario("5x2s", "100"), fixed(1));
  const result = ([shareWithinSlo, workerSeconds]: [number, number]) => ({
    ...one,
    shareWithinSlo,
    workerSeconds,
  });
  return compare(
    "burst",
    RIVAL,
    { ...result(real), p95Ms: 100 } as unknown as RunResult,
    simulated.map(result),
  );
}

Deno.test("the moment that comes nearest in share and worker-seconds together is compared", () => {
  const { nearest, points, percent } = beside([0.9, 100], [0.9, 120], [0.91, 105], [0.8, 100]);
  assertEquals([nearest.shareWithinSlo, nearest.workerSeconds], [0.91, 105]);
  assertEquals([points.toFixed(1), percent.toFixed(1)], ["1.0", "5.0"]);
});

Deno.test("off is what differs by more than 2 points or by more than 10 %, and both tables mark it", () => {
  const cases: [number, number, boolean][] = [[0.919, 100, true], [0.921, 100, false], [0.9, 91, true], [
    0.9,
    111,
    false,
  ]];
  for (const [share, seconds, good] of cases) {
    const comparison = beside([0.9, 100], [share, seconds]);
    assertEquals(comparison.good, good, `${share} ${seconds}`);
    assertEquals(row(comparison).endsWith("OFF"), !good);
    assertEquals(markdownRow(comparison).includes("**"), !good);
  }
  assertMatch(
    markdownRow(beside([0.9, 100], [0.91, 95])),
    /\| 90\.00 % \| 91\.00 % \| 100 \| 95 \| \+1\.0 points, -5\.0 % \|$/,
  );
});

Deno.test("a disturbed run is neither good nor off, and both tables say so", () => {
  const one = run(scenario("5x2s", "100"), fixed(1));
  const real = { ...one, shareWithinSlo: 0.3, elsewhereCores: 1.4 } as unknown as RunResult;
  const comparison = compare("burst", RIVAL, real, [one]);
  for (const line of [row(comparison), markdownRow(comparison)]) {
    assertMatch(line, /disturbed: 1\.4 cores were used elsewhere/);
    assertEquals(/OFF|\*\*/.test(line), false);
  }
});

Deno.test("every scenario is simulated for this project, fixed numbers of workers, and the Rust program and uWSGI where they are WSGI", () => {
  for (const one of scenarios) {
    for (
      const name of ["fixed-min", "fixed-max", "ours", "rust", "rust-tuned", "uwsgi-busyness", "uwsgi-tuned"]
    ) {
      const make = simulatedRival(name, one);
      const isUnknown = one.app === "fastApi" && name.startsWith("rust") ||
        (one.app === "fastApi" || one.app === "asgi") && name.startsWith("uwsgi");
      assertEquals(make === undefined, isUnknown, `${name} on ${one.name}`);
      const world = simulatedScenario(one, name, 1, 0);
      assertEquals(
        world.keptConnections > 0,
        one.keepAlive === true && !name.startsWith("uwsgi"),
        `${name} on ${one.name}`,
      );
    }
  }
});
