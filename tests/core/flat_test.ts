/** What ends a load that only chance moves. Windows in s, service times in ms. */
import { assert, assertAlmostEquals, assertEquals, assertGreater, assertLess } from "@std/assert";
import { changeEvidence, type Flat, flatFrom, flatKnownFromMs, nextFlat } from "../../src/core/flat.ts";
import { tick } from "./ticks.ts";

const counts = (seconds: number, arrivals: number, meanMs = 100, finished = arrivals) => ({
  spanMs: 1000 * seconds,
  arrivals,
  finished,
  serviceMs: finished * meanMs,
});
const both = (a: ReturnType<typeof counts>, b: ReturnType<typeof counts>) => ({
  spanMs: a.spanMs + b.spanMs,
  arrivals: a.arrivals + b.arrivals,
  finished: a.finished + b.finished,
  serviceMs: a.serviceMs + b.serviceMs,
});
const SYNC = { variation: 0.5, isAsync: false };
const evidence = (
  before: ReturnType<typeof counts>,
  window: ReturnType<typeof counts>,
  chance = SYNC,
) => changeEvidence(both(before, window), window, chance);

Deno.test("the same rate and service time are no evidence of a change", () => {
  assertEquals(evidence(counts(30, 600), counts(3, 60)), 0);
});

Deno.test("evidence of another rate: how much likelier two rates are than one", () => {
  const rate = 630 / 33;
  const expected = 30 * Math.log(30 / (3 * rate)) + 600 * Math.log(600 / (30 * rate));
  assertAlmostEquals(evidence(counts(30, 600), counts(3, 30)), expected, 1e-9);
  assertGreater(evidence(counts(30, 600), counts(3, 110)), 10, "a rise");
  assertLess(evidence(counts(30, 600), counts(3, 80)), 10, "2.6 standard deviations are chance");
});

Deno.test("silence is evidence too", () => {
  assertAlmostEquals(evidence(counts(30, 300), counts(3, 0)), 300 * Math.log(33 / 30), 1e-9);
  assertEquals(evidence(counts(30, 0), counts(3, 0)), 0);
  assertLess(evidence(counts(30, 300), counts(3, 1)), evidence(counts(30, 300), counts(3, 0)), "one came");
});

Deno.test("nothing is said of a window that is more than half of all, nor of none", () => {
  assertEquals(evidence(counts(2.9, 600), counts(3, 0)), 0);
  assertGreater(evidence(counts(3, 600), counts(3, 0)), 10);
  assertEquals(evidence(counts(3, 600), counts(0, 0)), 0);
});

Deno.test("evidence of another service time: how much likelier two means are than one", () => {
  const [before, window] = [counts(30, 600), counts(3, 60, 150)];
  const mean = (600 * 100 + 60 * 150) / 660;
  const expected = (600 * Math.log(mean / 100) + 60 * Math.log(mean / 150)) / 0.5;
  assertAlmostEquals(evidence(before, window), expected, 1e-9);
  assertEquals(evidence(before, counts(3, 60, 50)) > 10, true, "shorter ones");
});

Deno.test("the more service times vary, the less a difference says; a tenth at least is chance", () => {
  const [before, window] = [counts(30, 600), counts(3, 60, 130)];
  const at = (variation: number) => evidence(before, window, { ...SYNC, variation });
  assertAlmostEquals(at(0.2), 5 * at(1), 1e-9);
  assertEquals(at(0), at(0.1));
});

Deno.test("a few long requests among exponential ones make no other mean", () => {
  const [before, window] = [counts(90, 9_000, 500), counts(3, 300, 632)];
  const evident = evidence(before, window, { ...SYNC, variation: 1 });
  assert(evident > 7 && evident < 9, `${evident}: 4.6 standard deviations, 10.4 nats of a normal mean`);
});

Deno.test("requests that share an event loop count a quarter", () => {
  const [before, window] = [counts(30, 600), counts(3, 60, 150)];
  assertAlmostEquals(
    evidence(before, window, { ...SYNC, isAsync: true }),
    evidence(before, window) / 4,
    1e-9,
  );
  assertEquals(
    evidence(counts(30, 600), counts(3, 20), { ...SYNC, isAsync: true }),
    evidence(counts(30, 600), counts(3, 20)),
    "rates count whole",
  );
});

Deno.test("service times of less than 2 s, or of none that finished, say nothing", () => {
  assertEquals(evidence(counts(30, 600), counts(1, 20, 900)), 0);
  assertGreater(evidence(counts(30, 600), counts(2, 40, 900)), 10);
  assertEquals(evidence(counts(30, 600), counts(3, 60, 900, 0)), 0);
  assertEquals(evidence(counts(30, 600, 100, 0), counts(3, 60, 900)), 0);
  assertGreater(evidence(counts(30, 600), counts(3, 60, 900, 1)), 0, "one finished");
  assertGreater(evidence(counts(30, 600, 100, 1), counts(3, 60, 900)), 0, "one had finished");
  const withoutTimes = evidence(counts(30, 600, 0), counts(3, 110, 0));
  assertEquals(
    withoutTimes,
    evidence(counts(30, 600), counts(3, 110)),
    "finished, but StatsD tells no times",
  );
});

/** Ticks of 100 ms with so many requests each, in windows of the last second. */
function after(perTick: readonly number[], from: Flat = flatFrom(0)): Flat {
  const second: number[] = [];
  let flat = from;
  perTick.forEach((arrivals, i) => {
    second.push(arrivals);
    const window = counts(Math.min(10, second.length) / 10, second.slice(-10).reduce((a, b) => a + b, 0));
    flat = nextFlat(
      flat,
      tick({ nowMs: 100 * (i + 1), arrivals, serviceMs: 100 * arrivals }),
      [window],
      SYNC,
    );
  });
  return flat;
}

Deno.test("a flat load is counted from its beginning", () => {
  assertEquals(after(Array(50).fill(2)), { sinceMs: 0, sums: counts(5, 100) });
});

Deno.test("a change begins a new load, of which the window that shows it is known", () => {
  const flat = after([...Array(50).fill(2), ...Array(3).fill(20)]);
  assertEquals(flat.sinceMs, 5_200, "two ticks of the rise show it");
  assertEquals(flat.sums.arrivals, 8 * 2 + 2 * 20 + 20);
  assertEquals(flat.sums.spanMs, 1_100);
});

Deno.test("a flat load tells of workers after 5 s, or after two of its requests", () => {
  assertEquals(flatKnownFromMs(flatFrom(7_000)), 12_000);
  assertEquals(flatKnownFromMs(flatFrom(7_000, counts(60, 10, 2_500))), 12_000);
  assertEquals(flatKnownFromMs(flatFrom(7_000, counts(60, 10, 2_600))), 12_200);
  assertEquals(flatKnownFromMs(flatFrom(7_000, counts(60, 1, 60_000))), 127_000);
});
