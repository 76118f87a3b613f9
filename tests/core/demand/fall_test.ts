import { assertAlmostEquals, assertEquals, assertGreater, assertLess } from "@std/assert";
import { fallEvidence, fell, lastingErlangs } from "../../../src/core/demand/fall.ts";
import { observe } from "../../../src/core/demand/observed.ts";
import type { Tick } from "../../../src/core/history.ts";
import { ticks } from "../ticks.ts";
import { demand, inputOf, requests, type Scene } from "./demand_scenes.ts";

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

Deno.test("a load fell when five nats speak for a lower rate", () => {
  // Within 300 ms 6 came where 18 were expected: 5.4 nats; 7: 4.4.
  assertEquals(fellFrom(6, arrivals(2, 3)), true);
  assertEquals(fellFrom(6, arrivals(7 / 3, 3)), false);
});

Deno.test("a load fell when five nats say so, no more", () => {
  // None came in the last second, where 5 were expected.
  assertEquals(fellFrom(0.5, arrivals(0, 10)), true);
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

/** Workers that are enough when the last 3 s brought so many requests of 100 ms each 100 ms, after 6 before. */
const enoughAfter = (perTick: number, serviceMs = 100) =>
  demand({ always: requests(6, 100), recent: Array(30).fill(requests(perTick, serviceMs)) }).enough;

Deno.test("a load that is lower by chance alone counts as over the stable window", () => {
  // 5.7 erlangs over 10 s; 5 would do with 7 workers too, but for their use of 85 %.
  assertEquals(enoughAfter(5), demand({ always: requests(5.7, 100) }).enough);
});

Deno.test("a load that fell counts as it is now", () => {
  assertEquals(enoughAfter(3), demand({ always: requests(3, 100) }).enough);
});

Deno.test("a load that rose counts as it is now", () => {
  assertEquals(enoughAfter(9), demand({ always: requests(9, 100) }).enough);
});

Deno.test("as many requests that take far less time are a fall", () => {
  assertEquals(enoughAfter(6, 40), demand({ always: requests(6, 40) }).enough);
});

Deno.test("evidence of a fall: one request that came counts", () => {
  assertAlmostEquals(fallEvidence(1, 5), 4 - Math.log(5), 1e-9);
});

Deno.test("a load that is higher by chance counts less one standard deviation, one that comes unevenly counts whole", () => {
  // Over 3 s, 8 erlangs of 100 ms less sqrt(8 * 0.1 / 3) are 7.5; the stable window has less.
  const evenly = Array(30).fill(requests(8, 100));
  const uneven = Array.from({ length: 30 }, (_, i) => requests(Math.floor(i / 3) % 2 === 1 ? 16 : 0, 100));
  const enough = (recent: Partial<Tick>[]) => demand({ always: requests(5, 100), recent }).enough;
  assertEquals(enough(evenly), demand({ always: requests(7.5, 100) }).enough);
  assertGreater(enough(uneven), enough(evenly));
});

/** The load that fewer workers must bear, and how far chance alone moves so many erlangs of 100 ms within 3 s. */
const lasting = (scene: Scene) => lastingErlangs(observe(inputOf(scene)));
const sigma = (erlangs: number) => Math.sqrt(erlangs * 0.1 / 3);

Deno.test("of a load that is higher by chance comes off as much as requests are even", () => {
  const scene = { always: requests(6, 100), recent: Array(30).fill(requests(8, 100)) };
  const { unevenness } = observe(inputOf(scene));
  assertAlmostEquals(unevenness, 0.5, 0.02);
  assertAlmostEquals(lasting(scene), 8 - 2 * (1 - unevenness) * sigma(8), 1e-9);
});

Deno.test("the time before a load is the stable window without the burst's, and no longer", () => {
  const recent = [
    ...Array(60).fill(requests(20, 100)),
    ...Array(70).fill(requests(6, 100)),
    ...Array(30).fill(requests(5, 100)),
  ];
  assertAlmostEquals(lasting({ recent }), 0.7 * 6 + 0.3 * 5, 1e-9);
});

Deno.test("a load without one before it counts whole; a single request is one before", () => {
  const recent = Array(30).fill(requests(8, 100));
  assertAlmostEquals(lasting({ recent }), 8, 1e-9);
  assertLess(lasting({ recent: [requests(1, 100), ...recent] }), 7.9);
});

Deno.test("in an overload what came counts, not what was served", () => {
  const overload = { ...requests(6, 100), occupiedMs: 200 };
  assertAlmostEquals(lasting({ always: overload }), 6, 1e-9);
  assertAlmostEquals(
    lasting({ always: overload, recent: Array(30).fill(requests(3, 100)) }),
    3,
    1e-9,
    "a fall",
  );
});
