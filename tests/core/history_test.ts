import { assert, assertAlmostEquals, assertEquals, assertGreater, assertLess } from "@std/assert";
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
    servingMs: 11,
    loopBusyMs: 12,
    loopTicks: 13,
    loopLateTicks: 14,
    loopLateMs: 15,
  };
  const history = ticks([{ arrivals: 1_000 }, parts, parts]);
  const twice = Object.fromEntries(Object.entries(parts).map(([name, value]) => [name, 2 * value]));
  assertEquals({ ...history.sums(200) }, { spanMs: 200, ...twice } as unknown as ReturnType<History["sums"]>);
});

Deno.test("sums: none before the first tick", () => {
  assertEquals(new History(1_000).sums(1_000).spanMs, 0);
  assertEquals(new History(1_000).sums(Infinity).spanMs, 0);
});

Deno.test("quantiles: unknown before the first tick", () => {
  assertEquals(new History(1_000).durationQuantileMs(1_000, 0.95), "unknown");
});

Deno.test("sums: a window shorter than a tick is the newest tick", () => {
  assertEquals(ticks([{ arrivals: 1 }, { arrivals: 2 }]).sums(0).arrivals, 2);
});

Deno.test("sums: timers that came late by less than half a tick do not cost a window its last tick", () => {
  const late = ticks([{ elapsedMs: 102 }, { elapsedMs: 102 }, { elapsedMs: 102 }, { elapsedMs: 102 }]);
  assertEquals(late.sums(300).spanMs, 306);
});

Deno.test("sums: a tick of which half or more is in the window belongs to it", () => {
  const history = ticks([{ elapsedMs: 100 }, { elapsedMs: 100 }, { elapsedMs: 100 }]);
  assertEquals(history.sums(149).spanMs, 100);
  assertEquals(history.sums(150).spanMs, 200);
});

Deno.test("sums: what is skipped is the newest, in whole ticks", () => {
  const history = ticks([1, 2, 4, 8].map((arrivals) => ({ arrivals })));
  assertEquals(history.sums(200, 100).arrivals, 2 + 4);
  assertEquals(history.sums(200, 150).arrivals, 1 + 2);
});

Deno.test("sums: none where all ticks are skipped", () => {
  assertEquals(ticks([{ arrivals: 1 }, { arrivals: 2 }]).sums(200, 200).spanMs, 0);
});

Deno.test("what is older than the longest window is forgotten", () => {
  const history = new History(300);
  for (let i = 1; i <= 10; i++) history.push(tick({ nowMs: 100 * i, arrivals: i }));
  assertEquals(history.sums(10_000).arrivals, 8 + 9 + 10);
  assertEquals(history.sums(Infinity).spanMs, 300);
});

Deno.test("the newest tick is not forgotten, however long after the others it comes", () => {
  const history = new History(300);
  for (let i = 1; i <= 10; i++) history.push(tick({ nowMs: 100 * i, arrivals: i }));
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
  assertGreater(ms(history.durationQuantileMs(400, 0.99)), 800);
});

Deno.test("quantiles: the shortest durations are among them", () => {
  const history = ticks([{ durations: durations(1, 0) }, { durations: durations(1, 1e6) }]);
  assertLess(ms(history.durationQuantileMs(1_000, 0.5)), 0.1);
});

Deno.test("quantiles: the longest durations are among them", () => {
  const history = ticks([{ durations: durations(1, 0) }, { durations: durations(1, 1e6) }]);
  assertGreater(ms(history.durationQuantileMs(1_000, 1)), 7_500);
});

Deno.test("quantiles: shorter bucket arrays have an empty end", () => {
  const counts = durations(4, 10).slice(0, BUCKETS / 2);
  assertAlmostEquals(ms(ticks([{ durations: counts }]).durationQuantileMs(1_000, 0.5)), 10, 2.5);
});

/** One request of 10 ms at 100 ms, whose quantile has been read; then nine of a second at this time. */
function readAndSlowerAt(nowMs: number): History {
  const history = ticks([{ durations: durations(1, 10) }]);
  assertLess(ms(history.durationQuantileMs(1_000, 1)), 20);
  history.push(tick({ nowMs, durations: durations(9, 1_000) }));
  return history;
}

Deno.test("quantiles: kept for a third of a second", () => {
  assertLess(ms(readAndSlowerAt(399).durationQuantileMs(1_000, 1)), 20);
});

Deno.test("quantiles: computed again a third of a second later", () => {
  assertGreater(ms(readAndSlowerAt(400).durationQuantileMs(1_000, 1)), 800);
});

Deno.test("quantiles: computed again for another window", () => {
  assertGreater(ms(readAndSlowerAt(399).durationQuantileMs(50, 1)), 800);
});

Deno.test("quantiles: computed again when the clock starts again", () => {
  assertGreater(ms(readAndSlowerAt(50).durationQuantileMs(1_000, 1)), 800);
});

Deno.test("variation: 1 before anything is known", () => {
  assertEquals(ticks([{}]).durationVariation(1_000), 1);
});

Deno.test("variation: the more requests there are, the nearer to the measured one", () => {
  let last = 1;
  for (const requests of [1, 5, 20, 100, 10_000]) {
    const seen = ticks([{ durations: durations(requests, 100) }]).durationVariation(1_000);
    assert(seen < last && seen > 0, `${seen} from ${requests} requests that are alike`);
    last = seen;
  }
  assertLess(last, 0.01);
});

Deno.test("variation: the measured one weighs as much as there are requests", () => {
  const mixed = durations(20, 50).map((count, i) => count + durations(20, 400)[i]!);
  // Half short and half long is 0.6: (0.6 * 40 + 20) / 60.
  assertAlmostEquals(ticks([{ durations: mixed }]).durationVariation(1_000), 0.74, 0.03);
});

Deno.test("variation: 1 weighs as much as 20 requests", () => {
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

Deno.test("sums: a window that ended a moment ago is without the newest tick", () => {
  assertEquals(ticks([{ arrivals: 1 }, { arrivals: 2 }, { arrivals: 4 }]).sums(100, 1).arrivals, 2);
});

Deno.test("quantiles: a window shorter than a tick is the newest tick", () => {
  const history = ticks([{ durations: durations(4, 500) }, { durations: durations(4, 10) }]);
  assertAlmostEquals(ms(history.durationQuantileMs(1, 0.5)), 10, 2.5);
});

/** The dispersion of what came in the last ticks, over 3 s in steps of three ticks. */
const dispersion = (counts: readonly number[]) =>
  ticks(counts.map((arrivals) => ({ arrivals }))).dispersion(3_000, 3);

Deno.test("dispersion: 1 where as many come at any time, and where that is not known", () => {
  assertEquals(dispersion(Array(30).fill(2)), 1);
  assertEquals(dispersion([]), 1);
  assertEquals(dispersion(Array(30).fill(0)), 1);
  assertEquals(dispersion([9, 0, 0]), 1, "one step");
});

Deno.test("dispersion: the variance of ten counts over their mean, less one standard deviation of that by chance", () => {
  // Five counts of 12 and five of 0: a mean of 6, a variance of 40, and sqrt(2 / 9) off 6.67.
  const counts = Array.from({ length: 30 }, (_, i) => Math.floor(i / 3) % 2 === 0 ? 4 : 0);
  assertAlmostEquals(dispersion(counts), 40 / 6 - Math.sqrt(2 / 9), 1e-9);
});

Deno.test("dispersion: what came before the window does not count, nor how a step's requests came within it", () => {
  assertEquals(dispersion([...Array(30).fill(50), ...Array(30).fill(2)]), 1);
  assertEquals(dispersion(Array.from({ length: 30 }, (_, i) => i % 3 === 0 ? 6 : 0)), 1);
});

Deno.test("dispersion: as much as chance explains is none", () => {
  // Variance 9.07 over a mean of 6.4 is 1.42, less than 1.47.
  const counts = [2, 10, 6, 9, 3, 8, 5, 10, 4, 7].flatMap((n) => [n, 0, 0]);
  assertEquals(dispersion(counts), 1);
});
