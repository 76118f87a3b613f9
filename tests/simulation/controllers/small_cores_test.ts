/** The law on half a core: a boot there takes the CPU of the workers that serve. */
import { assertEquals, assertGreater } from "@std/assert";
import { DEFAULT_POLICY } from "../../../src/core/policy_settings.ts";
import { autoscaler } from "../../../src/simulation/controllers/autoscaler_controller.ts";
import { run } from "../../../src/simulation/server/engine.ts";
import type { Scenario } from "../../../src/simulation/server/scenario.ts";
import { scenario } from "../server/scripted_scenario.ts";

const SEEDS = [1, 2, 3, 4, 5];
const HALF: Partial<Scenario> = { cores: 0.5, requestCpuMs: 0.3 };
const settings = { ...DEFAULT_POLICY, minWorkers: 1, maxWorkers: 12 };

for (const minWorkers of [1, 2]) {
  for (const kind of ["asgi", "uvicorn"] as const) {
    Deno.test(`half a core: ${kind} loops that compute get no third, whose import takes their CPU, from ${minWorkers}`, () => {
      for (const seed of SEEDS) {
        const world = scenario("28x10s,94x20s,28x10s", "cpu:exponential:3.7", {
          ...HALF,
          seed,
          model: { kind, slots: 1_000 },
          bootMs: 1_450,
          bootCpuMs: 1_300,
        });
        const { peakWorkers, shareWithinSlo } = run(world, autoscaler({ ...settings, minWorkers }));
        assertEquals(peakWorkers, minWorkers, `seed ${seed}`);
        assertGreater(shareWithinSlo, 0.99, `seed ${seed}`);
      }
    });
  }
}

Deno.test("half a core: boots that make requests slower for a while do not end growth", () => {
  for (const seed of SEEDS) {
    const world = scenario("2.5x20s,84x30s", "cpu:4.4+wait:exponential:90", {
      ...HALF,
      seed,
      bootMs: 200,
      bootCpuMs: 150,
    });
    assertEquals(run(world, autoscaler(settings)).peakWorkers, 12, `seed ${seed}`);
  }
});
