import { assert, assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import { burstErlangs, burstIn, evidenceOf } from "../../src/core/burst.ts";
import { History } from "../../src/core/history.ts";
import { DEFAULT_POLICY } from "../../src/core/policy_settings.ts";
import { sample } from "./samples.ts";
import { tick, ticks } from "./ticks.ts";

/** A history of 100 ms ticks with these arrivals, after ten seconds of the base. */
function historyOf(base: number, arrivals: readonly number[]): History {
  return ticks([...Array<number>(100).fill(base), ...arrivals].map((n) => ({ arrivals: n })));
}

function burst(history: History, serviceMs = 50, settings = DEFAULT_POLICY) {
  return burstIn(history, sample(0), settings, serviceMs);
}

Deno.test("evidence: none for what was expected, more for more, in nats", () => {
  assertEquals(evidenceOf(3, 3), 0);
  assertEquals(evidenceOf(1, 3), 0);
  assertAlmostEquals(evidenceOf(8, 1.5), 8 * Math.log(8 / 1.5) - 6.5, 1e-9);
  assert(evidenceOf(9, 1.5) > evidenceOf(8, 1.5));
});

Deno.test("evidence: after silence a few requests that come together are no burst", () => {
  assertLess(evidenceOf(2, 0), 7.5);
});

Deno.test("a burst: more than the rate before and chance explain, and not less", () => {
  assertEquals(burst(historyOf(0.5, [3, 3, 2])), undefined);
  assertEquals(burst(historyOf(0.5, [6, 6, 6]))?.arrivals, 18);
});

Deno.test("the window that counts is the one that the burst fills: its rate is the best known", () => {
  const found = burst(historyOf(0.5, [6, 6, 6, 6, 6]))!;
  assertEquals([found.spanMs, found.arrivals], [500, 30]);
});

Deno.test("a single tick that is full by chance within a burst does not speak for the burst", () => {
  const found = burst(historyOf(0.5, [6, 6, 6, 6, 12]))!;
  assertEquals([found.spanMs, found.arrivals], [500, 36]);
});

Deno.test("one tick with three times its requests is no burst where the rate is high: chance does that", () => {
  assertEquals(burst(historyOf(6, [15])), undefined);
});

Deno.test("burst settings are obeyed: off, a jump too small, a rate too low", () => {
  const history = historyOf(0.5, [6, 6, 6]);
  assertEquals(burst(history, 50, { ...DEFAULT_POLICY, burstEnabled: false }), undefined);
  assertEquals(burst(history, 50, { ...DEFAULT_POLICY, burstRpsJump: 60 }), undefined);
  assertEquals(burst(history, 50, { ...DEFAULT_POLICY, burstMinRps: 61 }), undefined);
});

Deno.test("windows much shorter than a request say nothing", () => {
  assertEquals(burst(historyOf(0.5, [9]), 50)?.spanMs, 100);
  assertEquals(burst(historyOf(0.5, [9]), 5_000), undefined);
});

Deno.test("a burst whose rate has fallen by half within the last second is over", () => {
  const fallen = [...Array<number>(20).fill(6), ...Array<number>(10).fill(1)];
  assertEquals(burst(historyOf(0.5, fallen)), undefined);
});

Deno.test("erlangs of a burst: its arrivals less one deviation, times what a request takes by now", () => {
  // 16 arrivals within 400 ms of requests that took 50 ms so far: (16 - 4) * 50 / 400.
  const before = tick({ arrivals: 16, elapsedMs: 400, occupiedMs: 100, started: 2, finished: 2 });
  assertAlmostEquals(burstErlangs({ ...before, spanMs: 400 }, 50), 1.5, 1e-9);
  // 800 slot-ms for 4 begun and 4 ended: they take 200 ms now.
  const longer = tick({ arrivals: 16, elapsedMs: 400, occupiedMs: 800, started: 4, finished: 4 });
  assertAlmostEquals(burstErlangs({ ...longer, spanMs: 400 }, 50), 6, 1e-9);
});

Deno.test("erlangs of a burst: nine workers that have all just begun do not make requests look long", () => {
  const begun = tick({ arrivals: 6, elapsedMs: 100, occupiedMs: 900, started: 9, finished: 2 });
  assertLess(burstErlangs({ ...begun, spanMs: 100 }, 100), 9);
});
