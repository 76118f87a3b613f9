/** Workers that come and go where nothing but chance moves the load cost boots and connections for nothing. */
import { assertEquals } from "@std/assert";
import { COUNTED_MS, flatLoads, SETTLED_MS } from "../../../bench/law/flat_loads.ts";
import { autoscaler } from "../../../src/simulation/controllers/autoscaler_controller.ts";
import { run } from "../../../src/simulation/server/engine.ts";

const SEEDS = [1, 2, 3, 4];
/** "At most one change in 30 s of flat load." */
const MOST_CHANGES = COUNTED_MS / 30_000;

for (const { name, scenario, settings } of flatLoads) {
  Deno.test(`flat ${name}: at most one change in 30 s, on average over some seeds`, () => {
    const changes = SEEDS.flatMap((seed) => run(scenario(seed), autoscaler(settings)).changes)
      .filter(({ atMs }) => atMs >= SETTLED_MS && atMs < SETTLED_MS + COUNTED_MS);
    const mean = changes.length / SEEDS.length;
    assertEquals(mean <= MOST_CHANGES, true, `${mean} changes in 240 s`);
  });
}
