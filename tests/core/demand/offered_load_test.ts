import { assertAlmostEquals, assertEquals, assertGreater, assertLess } from "@std/assert";
import type { Tick } from "../../../src/core/history.ts";
import {
  erlangsOf,
  lowerErlangs,
  meanServiceMs,
  occupiedPerRequestMs,
  upperErlangs,
} from "../../../src/core/demand/offered_load.ts";
import { DEFAULT_POLICY } from "../../../src/core/policy_settings.ts";
import { tick, ticks } from "../ticks.ts";

const rates = (...perTick: number[]) =>
  ticks(perTick.map((n) => ({ arrivals: n, occupiedMs: 100 * n, workerMs: 1_000 })));

Deno.test("upper estimate: silence after a load shows within 300 ms, as far as chance allows", () => {
  // Nothing came in 300 ms: 3.5 requests of 100 ms are possible in that time.
  const history = rates(...Array<number>(30).fill(6), 0, 0, 0);
  assertAlmostEquals(upperErlangs(history, 100, false), 3.5 * 100 / 300, 1e-9);
});

Deno.test("upper estimate: the more there was, the more is possible beyond it, by two and a half deviations", () => {
  // 8 requests in each of the windows that are not longer: 8 + 2.5 * 3 + 1 in 300 ms.
  const history = ticks([{}, { arrivals: 8, occupiedMs: 0 }, {}]);
  assertAlmostEquals(upperErlangs(history, 100, false), 16.5 * 100 / 300, 1e-9);
});

Deno.test("upper estimate: a steady load is never below itself", () => {
  for (const perTick of [0.1, 0.5, 2, 6, 40]) {
    const history = rates(...Array<number>(30).fill(perTick));
    assertLess(perTick, upperErlangs(history, 100, false));
  }
});

Deno.test("upper estimate: windows shorter than two requests do not count", () => {
  const history = rates(...Array<number>(30).fill(6), 0, 0, 0, 0, 0);
  assertEquals(upperErlangs(history, 600, false), Infinity);
  assertEquals(upperErlangs(history, "unknown", false), Infinity);
  // Requests of 250 ms: 300 ms tell nothing, 500 do.
  assertAlmostEquals(upperErlangs(history, 250, false), 3.5 * 250 / 500, 1e-9);
});

Deno.test("slots occupied per request: those still open count half, so a moment of many beginnings is no long service", () => {
  const window = { ...tick({ occupiedMs: 900, started: 9, finished: 0 }), spanMs: 100 };
  assertEquals(occupiedPerRequestMs(window, 1), 200);
  assertEquals(occupiedPerRequestMs({ ...window, started: 9, finished: 9 }, 1), 100);
});

Deno.test("slots occupied per request: nothing begins or ends, so all that time is of the fewest there can be", () => {
  assertEquals(occupiedPerRequestMs({ ...tick({ occupiedMs: 2_000 }), spanMs: 1_000 }, 2), 1_000);
});

/** Windows of 1, 3 and 10 s. */
const SETTINGS = { ...DEFAULT_POLICY, windowMs: 10_000, burstWindowMs: 3_000 };
const finishing = (n: number, serviceMs: number) => ({ finished: n, serviceMs: n * serviceMs });

Deno.test("mean service time: over the last second once eight requests have finished in it, else over a longer window", () => {
  const before = Array.from({ length: 90 }, () => finishing(2, 100));
  const recently = (
    requests: number,
  ) => [...Array.from({ length: 9 }, () => finishing(0, 0)), finishing(requests, 300)];
  assertEquals(meanServiceMs(ticks([...before, ...recently(8)]), SETTINGS), 300);
  // 40 of 100 ms and 7 of 300 in the last three seconds.
  assertAlmostEquals(
    meanServiceMs(ticks([...before, ...recently(7)]), SETTINGS) as number,
    (4_000 + 2_100) / 47,
    1e-9,
  );
});

Deno.test("mean service time: one request in the stable window is enough", () => {
  const silence = Array.from({ length: 60 }, () => ({}));
  assertEquals(meanServiceMs(ticks([finishing(1, 70), ...silence]), SETTINGS), 70);
  assertEquals(meanServiceMs(ticks(silence), SETTINGS), "unknown");
});

const second = (changes: Partial<Tick>) => ({ ...tick(changes), spanMs: 1_000 });

Deno.test("erlangs: what was occupied, or what came times its service where that is more", () => {
  assertEquals(erlangsOf(second({ occupiedMs: 3_000, arrivals: 20 }), 100, false), 3);
  assertEquals(erlangsOf(second({ occupiedMs: 3_000, arrivals: 50 }), 100, false), 5);
  assertEquals(erlangsOf(second({ occupiedMs: 3_000, arrivals: 50 }), "unknown", false), 3);
  assertEquals(erlangsOf(second({ occupiedMs: 3_000, arrivals: 50 }), 100, true), 3);
});

Deno.test("erlangs: none before any time has passed, however short the time that has", () => {
  assertEquals(erlangsOf({ ...second({ occupiedMs: 3 }), spanMs: 0 }, 100, false), 0);
  assertEquals(erlangsOf({ ...second({ occupiedMs: 3 }), spanMs: 1 }, 100, false), 3);
});

Deno.test("lower estimate: the mean less one deviation, which is smaller the longer the window", () => {
  assertAlmostEquals(lowerErlangs(6, 100, 300), 6 - Math.sqrt(2), 1e-9);
  assertAlmostEquals(lowerErlangs(6, 100, 3_000), 6 - Math.sqrt(0.2), 1e-9);
});

Deno.test("lower estimate: a window shorter than its requests counts like one of their length", () => {
  assertAlmostEquals(lowerErlangs(9, 5_000, 300), 6, 1e-9);
  assertAlmostEquals(lowerErlangs(9, "unknown", 300), 6, 1e-9);
  assertAlmostEquals(lowerErlangs(9, 100, 0), 6, 1e-9);
  // In one millisecond a request of 0.25 ms comes and goes.
  assertAlmostEquals(lowerErlangs(4, 0.25, 1), 3, 1e-9);
});

Deno.test("lower estimate: never below 0", () => {
  assertEquals(lowerErlangs(0, 100, 300), 0);
  assertEquals(lowerErlangs(0.5, 5_000, 300), 0);
});

Deno.test("upper estimate: requests that take no time put no bound", () => {
  const silence = rates(...Array<number>(30).fill(0));
  assertEquals(upperErlangs(silence, 0, false), Infinity);
  assertLess(upperErlangs(silence, 1, false), 0.1);
});

Deno.test("upper estimate: a window of just two requests counts", () => {
  const silence = rates(...Array<number>(30).fill(0));
  assertLess(upperErlangs(silence, 150, false), 3.5);
});

Deno.test("upper estimate: counts async requests by what they occupy", () => {
  const piled = ticks(Array.from({ length: 30 }, () => ({ arrivals: 50, occupiedMs: 100 })));
  assertLess(upperErlangs(piled, 100, true), 10);
  assertGreater(upperErlangs(piled, 100, false), 40);
});
