import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { DEFAULT_POLICY } from "../../../src/core/policy_settings.ts";
import { autoscaler } from "../../../src/simulation/controllers/autoscaler_controller.ts";
import { type Controller, fixed } from "../../../src/simulation/controllers/controller.ts";
import { run } from "../../../src/simulation/server/engine.ts";
import { foresight } from "../../../src/simulation/controllers/foresight.ts";
import type { Scenario } from "../../../src/simulation/server/scenario.ts";
import { RUST_DEFAULTS, rustProgram } from "../../../src/simulation/controllers/rust_program.ts";
import { BUSYNESS_DEFAULTS, uwsgiBusyness } from "../../../src/simulation/controllers/uwsgi_busyness.ts";
import { scenario } from "../server/scripted_scenario.ts";

const BOUNDS = { minWorkers: 2, maxWorkers: 12 };
const BURST = "5x5s@50,60x20s@100,5x20s@50";

/** The targets after each change, with their times in whole seconds. */
function path(world: Scenario, controller: Controller): string[] {
  return run(world, controller).changes.map(({ atMs, to }) => `${atMs / 1000}s: ${to}`);
}

Deno.test("the Rust program's burst of 8 SIGTTIN gains one worker", () => {
  // Six workers, so that what finishes jumps by more than 5 req/s over its window.
  const program = rustProgram({ ...RUST_DEFAULTS, minWorkers: 6, maxWorkers: 20 });
  const first = run(scenario(BURST, "100"), program).changes[0]!;
  assertEquals([first.from, first.to], [6, 7]);
  assert(first.reason.includes("8 SIGTTIN sent, 1 arrives"), first.reason);
});

Deno.test("the Rust program sees finished requests only: a queue moves it not", () => {
  // 2 workers finish 20 req/s of 100 ms however many wait: no jump after the first, and p95 of the service is 100 ms.
  const result = run(scenario("5x5s,60x40s", "100"), rustProgram({ ...RUST_DEFAULTS, ...BOUNDS }));
  assertLess(result.peakWorkers, 4);
  assertLess(result.shareWithinSlo, 0.1);
});

Deno.test("the Rust program grows to the maximum for a slow dependency, a step at a time", () => {
  const world = scenario("3x60s", "400");
  const result = run(world, rustProgram({ ...RUST_DEFAULTS, ...BOUNDS }));
  assertEquals(result.peakWorkers, 12);
  assert(result.changes.every(({ from, to }) => to === from + 1));
});

Deno.test("the Rust program needs 60 s after growing and three low ticks to lose one worker, then 15 s for the next", () => {
  const world = scenario("20x5s,60x6s,3x180s", "constant:90");
  const downs = run(world, rustProgram({ ...RUST_DEFAULTS, ...BOUNDS })).changes.filter(({ from, to }) =>
    to < from
  );
  assertGreater(downs.length, 0);
  for (const { from, to } of downs) assertEquals(to, from - 1);
  assertGreater(downs[0]!.atMs, 60_000);
  for (let i = 1; i < downs.length; i++) assertGreater(downs[i]!.atMs - downs[i - 1]!.atMs, 15_000 - 1);
});

Deno.test("uWSGI's busyness adds a step each cycle while workers run more than half the time", () => {
  const world = scenario("14x20s", "100", { arrivals: "uniform", bootCpuMs: 0 });
  const settings = { ...BUSYNESS_DEFAULTS, ...BOUNDS };
  // 2 workers run 70 % of the time, 3 run 47 %: one step is enough.
  assertEquals(path(world, uwsgiBusyness(settings)), ["3s: 3"]);
  assertEquals(path(world, uwsgiBusyness({ ...settings, step: 4 })), ["3s: 6"]);
  assertEquals(path(world, uwsgiBusyness({ ...settings, overload: 1 })), ["1s: 3"]);
});

Deno.test("uWSGI counts a worker that is busy without finishing anything as busy", () => {
  const world = scenario("1x1s,0x20s", "20000", { arrivals: "uniform", clientTimeoutMs: 60_000 });
  // One of two workers is stuck: 50 % is not over 50 %, over 40 % it is.
  assertEquals(path(world, uwsgiBusyness({ ...BUSYNESS_DEFAULTS, ...BOUNDS })), []);
  assertEquals(path(world, uwsgiBusyness({ ...BUSYNESS_DEFAULTS, ...BOUNDS, max: 40 })).slice(0, 1), [
    "3s: 3",
  ]);
});

Deno.test("uWSGI adds an emergency worker each second while the listen queue is over the alert", () => {
  const world = scenario("200x3s,0x4s", "1000", { arrivals: "uniform" });
  const settings = { ...BUSYNESS_DEFAULTS, ...BOUNDS, overload: 60, backlogStep: 2 };
  assertEquals(path(world, uwsgiBusyness(settings)).slice(0, 3), ["1s: 4", "2s: 6", "3s: 8"]);
});

Deno.test("uWSGI lets one worker go after overload x multiplier seconds of low busyness", () => {
  const world = scenario("15x4s,1x100s", "100", { arrivals: "uniform" });
  const changes = path(
    world,
    uwsgiBusyness({ ...BUSYNESS_DEFAULTS, ...BOUNDS, overload: 2, multiplier: 5, max: 40 }),
  );
  // Grown at 2 s and 4 s; low from 6 s on; 10 s after the last growth one goes, and 10 s later one more.
  assertEquals(changes, ["2s: 3", "4s: 4", "14s: 3", "24s: 2"]);
});

Deno.test("perfect foresight holds the SLO with fewer worker-seconds than anything else that does", () => {
  const worlds = [
    scenario(BURST, "100"),
    scenario("5x10s,100x10s,5x20s", "lognormal:50,0.4"),
    scenario("10x10s,60x20s", "cpu:20", { model: { kind: "uvicorn", slots: 1000 } }),
    scenario("10x10s,70x20s", "cpu:5+wait:100", { model: { kind: "gthread", slots: 4 } }),
  ];
  for (const world of worlds) {
    const ideal = foresight(world, 2, 12);
    assertGreater(ideal.shareWithinSlo, 0.994);
    const rivals = [
      fixed(12),
      autoscaler({ ...DEFAULT_POLICY, ...BOUNDS }),
      rustProgram({ ...RUST_DEFAULTS, ...BOUNDS }),
      uwsgiBusyness({ ...BUSYNESS_DEFAULTS, ...BOUNDS }),
    ];
    for (const rival of rivals) {
      const result = run(world, rival);
      if (result.shareWithinSlo >= 0.99) {
        assertLess(ideal.workerSeconds, result.workerSeconds + 1e-6, `${rival.name} on ${world.model.kind}`);
      }
    }
  }
});

Deno.test("perfect foresight spends nothing beyond the minimum on what no worker can save", () => {
  const result = foresight(scenario("3x30s", "400"), 2, 12);
  assertEquals(result.workerSeconds, 60);
});

Deno.test("perfect foresight pays about the work itself when the minimum is small", () => {
  // 60 req/s of 100 ms for 20 s: 120 worker-seconds of work, and one idle worker at times.
  const result = foresight(scenario("60x20s", "100"), 1, 40);
  assertGreater(result.shareWithinSlo, 0.995);
  assertLess(result.workerSeconds, 125);
  assertGreater(result.workerSeconds, 110);
});
