import { assertAlmostEquals, assertEquals } from "@std/assert";
import { fallEvidence, fell } from "../../../src/core/demand/fall.ts";
import { ticks } from "../ticks.ts";

const arrivals = (each: number, forTicks: number) =>
  Array.from({ length: forTicks }, () => ({ arrivals: each }));

Deno.test("evidence of a fall: how much better a lower rate explains what came", () => {
  assertAlmostEquals(fallEvidence(2, 12), 6.42, 0.01);
  assertAlmostEquals(fallEvidence(4, 12), 3.61, 0.01);
  assertEquals(fallEvidence(0, 5), 5);
  assertEquals(fallEvidence(12, 12), 0);
  assertEquals(fallEvidence(13, 12), 0);
});

Deno.test("a load fell when far fewer come in the last 300 ms than in the seconds before, not by chance", () => {
  const before = arrivals(6, 40);
  assertEquals(fell(ticks([...before, ...arrivals(0, 3)]), 3_000), true);
  assertEquals(fell(ticks([...before, ...arrivals(5, 10)]), 3_000), false);
  // At 5 requests/s nothing for a second is what chance brings every few minutes.
  assertEquals(fell(ticks([...arrivals(0.45, 40), ...arrivals(0, 10)]), 3_000), false);
});

Deno.test("a load that is low for long fell no more", () => {
  assertEquals(fell(ticks([...arrivals(6, 40), ...arrivals(0.5, 45)]), 3_000), false);
  assertEquals(fell(ticks(arrivals(6, 5)), 3_000), false);
});
