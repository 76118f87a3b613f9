import { assertAlmostEquals, assertEquals, assertGreater } from "@std/assert";
import { climbErlangs } from "../../../src/core/demand/climb.ts";
import { ticks } from "../ticks.ts";

/** Erlangs after a boot of 2 s, of requests of 100 ms that came so many a tick, the same for each third of 10 s. */
function after(perTick: readonly number[], leadMs = 2_000): number {
  const came = perTick.flatMap((arrivals) => Array(Math.ceil(100 / perTick.length)).fill({ arrivals }));
  return climbErlangs({ history: ticks(came), windowMs: 10_000, serviceMs: 100, leadMs });
}

Deno.test("a load that climbs goes on until the end of a boot", () => {
  assertAlmostEquals(after([1, 2, 3]), 3.6, 0.05);
  assertGreater(after([1, 2, 3], 4_000), after([1, 2, 3]));
});

Deno.test("a load that is even, falls, or has jumped does not climb", () => {
  for (const load of [[2, 2, 2], [3, 2, 1], [1, 3, 3], [1, 1, 3]]) assertEquals(after(load), 0);
});

Deno.test("a rise that chance explains is none", () => {
  assertGreater(after([30, 32, 34]), 0);
  assertEquals(after([0.3, 0.32, 0.34]), 0);
});

Deno.test("without service times, and before the window is full, there is none", () => {
  const climb = { windowMs: 10_000, leadMs: 2_000 };
  const history = ticks([1, 2, 3].flatMap((arrivals) => Array(34).fill({ arrivals })));
  assertEquals(climbErlangs({ ...climb, history, serviceMs: "unknown" }), 0);
  const young = ticks([1, 2, 3].flatMap((arrivals) => Array(17).fill({ arrivals })));
  assertEquals(climbErlangs({ ...climb, history: young, serviceMs: 100 }), 0);
});
