import { assertAlmostEquals, assertEquals, assertGreater, assertLess } from "@std/assert";
import { burstCores, burstErlangs, burstIn, evidenceOf, rpsOf } from "../../../src/core/demand/burst.ts";
import { History } from "../../../src/core/history.ts";
import { DEFAULT_POLICY, type PolicySettings } from "../../../src/core/policy_settings.ts";
import { sample } from "../samples.ts";
import { tick, ticks } from "../ticks.ts";

/** A history of 100 ms ticks with these arrivals, after ten seconds of the base. */
function historyOf(base: number, arrivals: readonly number[]): History {
  return ticks([...Array<number>(100).fill(base), ...arrivals].map((n) => ({ arrivals: n })));
}

function burst(history: History, serviceMs = 50, settings = DEFAULT_POLICY) {
  return burstIn(history, sample(0), settings, serviceMs);
}

Deno.test("evidence: none for what was expected, and for less", () => {
  assertEquals(evidenceOf(3, 3), 0);
  assertEquals(evidenceOf(1, 3), 0);
});

Deno.test("evidence: the documented examples", () => {
  assertAlmostEquals(evidenceOf(8, 1.5), 8 * Math.log(8 / 1.5) - 6.5, 1e-9); // 6.9
  assertAlmostEquals(evidenceOf(9, 1.5), 8.6, 0.05);
});

Deno.test("evidence: after silence a few requests that come together are no burst", () => {
  assertLess(evidenceOf(2, 0), 7.5);
});

Deno.test("a burst: more than the rate before and chance explain", () => {
  assertEquals(burst(historyOf(0.5, [3, 3, 2])), undefined);
  assertEquals(burst(historyOf(0.5, [6, 6, 6]))?.arrivals, 18);
});

Deno.test("the window that counts is the one that the burst fills: its rate is the best known", () => {
  assertEquals(burst(historyOf(0.5, [6, 6, 6, 6, 6]))?.spanMs, 500);
});

Deno.test("the window that counts is not a single tick that is full by chance", () => {
  assertEquals(burst(historyOf(0.5, [6, 6, 6, 6, 12]))?.spanMs, 500);
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

Deno.test("erlangs of a burst: two requests at least are taken to hold the slots, and none hold none", () => {
  const one = tick({ arrivals: 16, elapsedMs: 400, occupiedMs: 400, started: 1, finished: 0 });
  assertAlmostEquals(burstErlangs({ ...one, spanMs: 400 }, 50), (12 * 200) / 400, 1e-9);
  assertEquals(burstErlangs({ ...one, occupiedMs: 0, spanMs: 400 }, "unknown"), 0);
});

Deno.test("erlangs of a burst: nine workers that have all just begun do not make requests look long", () => {
  const begun = tick({ arrivals: 6, elapsedMs: 100, occupiedMs: 900, started: 9, finished: 2 });
  assertLess(burstErlangs({ ...begun, spanMs: 100 }, 100), 9);
});

Deno.test("evidence: what came counts as much after silence as after next to nothing", () => {
  assertEquals(evidenceOf(5, 0), evidenceOf(5, 0.05));
  assertGreater(evidenceOf(5, 0), evidenceOf(5, 0.15));
});

Deno.test("rates: requests a second, none before any time has passed", () => {
  const window = { ...tick({ arrivals: 3 }), spanMs: 200 };
  assertEquals(rpsOf(window), 15);
  assertEquals(rpsOf({ ...window, spanMs: 0 }), 0);
  assertEquals(rpsOf({ ...window, spanMs: 1 }), 3_000);
});

Deno.test("a jump and a rate that are just reached count", () => {
  // 60 a second after 5 a second.
  const found = (settings: Partial<PolicySettings>) =>
    burst(historyOf(0.5, [6, 6, 6]), 50, { ...DEFAULT_POLICY, ...settings });
  assertEquals(found({ burstMinRps: 60 })?.arrivals, 18);
  assertEquals(found({ burstRpsJump: 50 })?.arrivals, 18);
  assertEquals(found({ burstRpsJump: 56 }), undefined);
});

Deno.test("a jump is measured from the rate over the whole stable window", () => {
  // 21 within a tick are 210 a second, where 12 a second came.
  const found = (burstRpsJump: number) => burst(historyOf(1, [21]), 50, { ...DEFAULT_POLICY, burstRpsJump });
  assertEquals(found(198)?.spanMs, 100);
  assertEquals(found(198.1), undefined);
});

Deno.test("7.5 nats of evidence make a burst", () => {
  // Beside what the tick itself adds to the stable rate: 7.3 nats, and 7.7.
  assertEquals(burst(historyOf(0.5, [5.3])), undefined);
  assertEquals(burst(historyOf(0.5, [5.5]))?.spanMs, 100);
});

Deno.test("a rate is held against what came just before, within the longest window, and not against older bursts", () => {
  const second = (n: number) => Array<number>(10).fill(n);
  const again = [...second(6), ...second(6), ...second(0.5), ...second(0.5), ...second(4)];
  assertEquals(burst(historyOf(0.5, again))?.spanMs, 1_000);
});

Deno.test("the longest window has nothing before it: a single full tick there hides no slow burst", () => {
  const risen = [20, ...Array<number>(30).fill(3.75)];
  assertEquals(burst(historyOf(1.5, risen))?.spanMs, 3_000);
});

Deno.test("what came just before is the measure where that is more than the stable rate", () => {
  // Two seconds at 60 a second, ten before at 5: that was the burst; 60 more is none.
  const risen = [...Array<number>(25).fill(6), 6, 6, 6];
  assertEquals(burst(historyOf(0.5, risen), 50, { ...DEFAULT_POLICY, burstRpsJump: 50 }), undefined);
  assertEquals(burst(historyOf(0.5, [...Array<number>(25).fill(6), 40, 40, 40]))?.spanMs, 300);
});

Deno.test("windows of half a request and more are looked at", () => {
  assertEquals(burst(historyOf(0.5, [20]), 200)?.spanMs, 100);
  // Requests of 600 ms: three ticks are the least, and that window has all of the burst in it.
  assertEquals(burst(historyOf(0.5, [30]), 600)?.spanMs, 300);
});

Deno.test("before a whole second has been seen a burst is found in what there is", () => {
  const young = ticks([0.5, 0.5, 0.5, 30].map((n) => ({ arrivals: n })));
  assertEquals(burst(young)?.spanMs, 100);
});

Deno.test("a slow burst shows in the longest window, once its rate still holds", () => {
  // 2.5 times the rate for three seconds: 112 where 45 came before.
  const settings = { ...DEFAULT_POLICY, burstWindowMs: 3_000, windowMs: 10_000 };
  const risen = burst(historyOf(1.5, Array<number>(30).fill(3.75)), 50, settings);
  assertEquals(risen?.spanMs, 3_000);
  const over = [...Array<number>(22).fill(5.6), ...Array<number>(8).fill(0)];
  assertEquals(burst(historyOf(1.5, over), 50, settings), undefined);
});

Deno.test("erlangs of a burst: never less than the lower estimate of the slots that its requests hold already", () => {
  const held = { ...tick({ occupiedMs: 900, started: 9, finished: 9 }), spanMs: 100 };
  assertAlmostEquals(burstErlangs(held, 100), 6, 1e-9); // 9 less one deviation of 3
  assertAlmostEquals(burstErlangs({ ...held, arrivals: 16 }, "unknown"), 16 - 4, 1e-9);
});

Deno.test("cores of a burst: the lower estimate of its arrivals, at the recent CPU time of a request", () => {
  const stable = { ...tick({ finished: 10, cpuMs: 400 }), spanMs: 10_000 };
  const window = { ...tick({ arrivals: 16 }), spanMs: 100 };
  assertAlmostEquals(burstCores(window, stable, 50), (12 * 40) / 100, 1e-9);
  // No request computes for longer than it takes.
  assertAlmostEquals(burstCores(window, stable, 20), (12 * 20) / 100, 1e-9);
  assertAlmostEquals(burstCores(window, stable, "unknown"), (12 * 40) / 100, 1e-9);
  assertEquals(burstCores(window, { ...stable, finished: 0 }, 50), 0);
  assertAlmostEquals(burstCores(window, { ...stable, finished: 1, cpuMs: 40 }, 50), (12 * 40) / 100, 1e-9);
});

Deno.test("a burst that has been on for one, two, three, five or seven ticks has a window of its own", () => {
  for (const count of [1, 2, 3, 5, 7]) {
    const found = burst(historyOf(0.5, Array<number>(count).fill(12)));
    assertEquals(found?.spanMs, 100 * count);
    assertEquals(found?.arrivals, 12 * count);
  }
});

Deno.test("a burst whose rate has fallen to just half continues, below that it is over", () => {
  // 5 a tick for two seconds, then 2: 40 requests/s over three seconds and 20 in the last one.
  const halved = (last: number) => [...Array<number>(20).fill(5), ...Array<number>(10).fill(last)];
  assertEquals(burst(historyOf(0.5, halved(2)))?.spanMs, 3_000);
  assertEquals(burst(historyOf(0.5, halved(1.9))), undefined);
});
