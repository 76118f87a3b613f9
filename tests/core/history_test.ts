import { assert, assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import { History } from "../../src/core/history.ts";
import { BUCKETS } from "../../src/core/histogram.ts";
import { durations } from "./samples.ts";
import { tick, ticks } from "./ticks.ts";

Deno.test("sums: every part of every tick in the window, and of no other", () => {
  const parts = {
    occupiedMs: 2,
    arrivals: 3,
    started: 4,
    finished: 5,
    serviceMs: 6,
    queuedMs: 7,
    workerMs: 8,
    cpuMs: 9,
    cpuWaitMs: 10,
    servingMs: 0,
    loopBusyMs: 0,
    loopTicks: 0,
    loopLateTicks: 0,
    loopLateMs: 0,
  };
  const history = ticks([{ arrivals: 1_000 }, parts, parts]);
  const twice = Object.fromEntries(Object.entries(parts).map(([name, value]) => [name, 2 * value]));
  assertEquals({ ...history.sums(200) }, { spanMs: 200, ...twice } as unknown as ReturnType<History["sums"]>);
});

Deno.test("sums: nothing is known before the first tick", () => {
  const nothing = new History(1_000);
  assertEquals(nothing.sums(1_000).spanMs, 0);
  assertEquals(nothing.sums(Infinity).spanMs, 0);
  assertEquals(nothing.durationQuantileMs(1_000, 0.95), "unknown");
});

Deno.test("sums: a window shorter than a tick is the newest tick", () => {
  assertEquals(ticks([{ arrivals: 1 }, { arrivals: 2 }]).sums(0).arrivals, 2);
});

Deno.test("sums: timers that came late by less than half a tick do not cost a window its last tick", () => {
  const late = ticks([{ elapsedMs: 102 }, { elapsedMs: 102 }, { elapsedMs: 102 }, { elapsedMs: 102 }]);
  assertEquals(late.sums(300).spanMs, 306);
  const halves = ticks([{ elapsedMs: 100 }, { elapsedMs: 100 }, { elapsedMs: 100 }]);
  assertEquals(halves.sums(149).spanMs, 100);
  assertEquals(halves.sums(150).spanMs, 200);
});

Deno.test("sums: what is skipped is the newest, in whole ticks", () => {
  const history = ticks([1, 2, 4, 8].map((arrivals) => ({ arrivals })));
  assertEquals(history.sums(200, 100).arrivals, 2 + 4);
  assertEquals(history.sums(200, 150).arrivals, 1 + 2);
  assertEquals(history.sums(200, 400).spanMs, 0);
});

Deno.test("what is older than the longest window is forgotten, the newest tick never", () => {
  const history = new History(300);
  for (let i = 1; i <= 10; i++) history.push(tick({ nowMs: 100 * i, arrivals: i }));
  assertEquals(history.sums(Infinity).spanMs, 300);
  assertEquals(history.sums(10_000).arrivals, 8 + 9 + 10);
  history.push(tick({ nowMs: 60_000, arrivals: 11 }));
  assertEquals(history.sums(10_000).arrivals, 11);
});

const ms = (value: number | "unknown") => value === "unknown" ? NaN : value;

Deno.test("quantiles: of the durations in the window alone", () => {
  const history = ticks([
    { durations: durations(99, 1_000) },
    { durations: durations(5, 10) },
    { durations: undefined },
    { durations: durations(5, 10) },
  ]);
  assertLess(ms(history.durationQuantileMs(300, 0.99)), 20);
  assert(ms(history.durationQuantileMs(400, 0.99)) > 800);
});

Deno.test("quantiles: the shortest and the longest durations are among them", () => {
  const history = ticks([{ durations: durations(1, 0) }, { durations: durations(1, 1e6) }]);
  assertLess(ms(history.durationQuantileMs(1_000, 0.5)), 0.1);
  assert(ms(history.durationQuantileMs(1_000, 1)) > 7_500);
});

Deno.test("quantiles: shorter bucket arrays have an empty end", () => {
  const counts = durations(4, 10).slice(0, BUCKETS / 2);
  assertAlmostEquals(ms(ticks([{ durations: counts }]).durationQuantileMs(1_000, 0.5)), 10, 2.5);
});

Deno.test("quantiles: looked at anew a third of a second later, and at once when the clock starts again", () => {
  const history = ticks([{ durations: durations(1, 10) }]);
  assertLess(ms(history.durationQuantileMs(1_000, 1)), 20);
  const slow = { durations: durations(9, 1_000) };
  history.push(tick({ nowMs: 399, ...slow }));
  assertLess(ms(history.durationQuantileMs(1_000, 1)), 20);
  history.push(tick({ nowMs: 400, ...slow }));
  assert(ms(history.durationQuantileMs(1_000, 1)) > 800);
  // Another window is another look.
  assert(ms(history.durationQuantileMs(50, 1)) > 800);
  history.push(tick({ nowMs: 50, durations: durations(1, 3_000) }));
  assert(ms(history.durationQuantileMs(1_000, 1)) > 2_500);
});

Deno.test("variation: 1 before anything is known, and the nearer to the measured one the more requests there are", () => {
  assertEquals(ticks([{}]).durationVariation(1_000), 1);
  let last = 1;
  for (const requests of [1, 5, 20, 100, 10_000]) {
    const seen = ticks([{ durations: durations(requests, 100) }]).durationVariation(1_000);
    assert(seen < last && seen > 0, `${seen} from ${requests} requests that are alike`);
    last = seen;
  }
  assertLess(last, 0.01);
  // As much is held to 1 as 20 requests would.
  assertAlmostEquals(ticks([{ durations: durations(20, 100) }]).durationVariation(1_000), 0.5, 1e-9);
});

Deno.test("a longer window is kept from the moment it is asked for", () => {
  const history = new History(1_000);
  history.keepAtLeast(3_000);
  history.keepAtLeast(500);
  for (let nowMs = 100; nowMs <= 5_000; nowMs += 100) history.push(tick({ nowMs, arrivals: 1 }));
  assertEquals(history.sums(10_000).arrivals, 30);
});

Deno.test("a history that keeps no time keeps the newest tick", () => {
  const history = new History(0);
  history.push(tick({ nowMs: 100, arrivals: 2 }));
  history.push(tick({ nowMs: 200, arrivals: 3 }));
  assertEquals(history.sums(10_000).arrivals, 3);
});

Deno.test("a window that ended a moment ago is without the newest tick, and one that is shorter than a tick is that tick", () => {
  const history = ticks([{ arrivals: 1 }, { arrivals: 2 }, { arrivals: 4, durations: durations(4, 10) }]);
  assertEquals(history.sums(100, 1).arrivals, 2);
  assertAlmostEquals(ms(history.durationQuantileMs(1, 0.5)), 10, 2.5);
});
