import { assertAlmostEquals, assertEquals } from "@std/assert";
import { fallEvidence, fell } from "../../../src/core/demand/fall.ts";
import { ticks } from "../ticks.ts";

const arrivals = (each: number, forTicks: number) =>
  Array.from({ length: forTicks }, () => ({ arrivals: each }));

/** Whether a load fell that brought so many requests a tick for 4 s, then others. */
const fellFrom = (perTick: number, then: readonly { arrivals: number }[]) =>
  fell(ticks([...arrivals(perTick, 40), ...then]), 3_000);

Deno.test("evidence of a fall: how much better a lower rate explains what came", () => {
  assertAlmostEquals(fallEvidence(2, 12), 6.42, 0.01);
  assertAlmostEquals(fallEvidence(4, 12), 3.61, 0.01);
});

Deno.test("evidence of a fall: where nothing came, what was expected", () => {
  assertEquals(fallEvidence(0, 5), 5);
});

Deno.test("evidence of a fall: none where as many came, or more", () => {
  assertEquals(fallEvidence(12, 12), 0);
  assertEquals(fallEvidence(13, 12), 0);
});

Deno.test("a load fell when none come in the last 300 ms", () => {
  assertEquals(fellFrom(6, arrivals(0, 3)), true);
});

Deno.test("a load that is a little lower did not fall", () => {
  assertEquals(fellFrom(6, arrivals(5, 10)), false);
});

Deno.test("a small load without a request for a second did not fall: chance brings that every few minutes", () => {
  assertEquals(fellFrom(0.45, arrivals(0, 10)), false);
});

Deno.test("a load that is low for long fell no more", () => {
  assertEquals(fellFrom(6, arrivals(0.5, 45)), false);
});

Deno.test("a load that has just begun did not fall", () => {
  assertEquals(fell(ticks(arrivals(6, 5)), 3_000), false);
});
