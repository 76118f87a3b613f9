import { assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import { ceilingErlangs, occupiedPerRequestMs } from "../../src/core/offered_load.ts";
import { tick, ticks } from "./ticks.ts";

const rates = (...perTick: number[]) =>
  ticks(perTick.map((n) => ({ arrivals: n, occupiedMs: 100 * n, workerMs: 1_000 })));

Deno.test("the ceiling: silence after a load tells within 300 ms, as far as chance allows", () => {
  // Nothing came in 300 ms: 3.5 requests of 100 ms are possible in that time.
  const history = rates(...Array<number>(30).fill(6), 0, 0, 0);
  assertAlmostEquals(ceilingErlangs(history, 100, false), 3.5 * 100 / 300, 1e-9);
});

Deno.test("the ceiling: a steady load is never below itself", () => {
  for (const perTick of [0.1, 0.5, 2, 6, 40]) {
    const history = rates(...Array<number>(30).fill(perTick));
    assertLess(perTick, ceilingErlangs(history, 100, false));
  }
});

Deno.test("the ceiling: windows shorter than two requests tell nothing", () => {
  const history = rates(...Array<number>(30).fill(6), 0, 0, 0, 0, 0);
  assertEquals(ceilingErlangs(history, 600, false), Infinity);
  assertEquals(ceilingErlangs(history, "unknown", false), Infinity);
  // Requests of 250 ms: 300 ms tell nothing, 500 do.
  assertAlmostEquals(ceilingErlangs(history, 250, false), 3.5 * 250 / 500, 1e-9);
});

Deno.test("slots occupied per request: those still open count half, so a moment of many beginnings is no long service", () => {
  const window = { ...tick({ occupiedMs: 900, started: 9, finished: 0 }), spanMs: 100 };
  assertEquals(occupiedPerRequestMs(window, 1), 200);
  assertEquals(occupiedPerRequestMs({ ...window, started: 9, finished: 9 }, 1), 100);
});

Deno.test("slots occupied per request: nothing begins or ends, so all that time is of the fewest there can be", () => {
  assertEquals(occupiedPerRequestMs({ ...tick({ occupiedMs: 2_000 }), spanMs: 1_000 }, 2), 1_000);
});
