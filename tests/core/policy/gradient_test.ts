import { assertEquals, assertObjectMatch } from "@std/assert";
import { type Gradient, grown, hangingStep, judge, NO_GROWTH } from "../../../src/core/policy/gradient.ts";

/** Ends `n` requests of `serviceMs` each, one a tick, while 30 workers are wanted. */
function after(gradient: Gradient, n: number, serviceMs: number, target = 16, variation = 0): Gradient {
  for (let i = 0; i < n; i++) {
    gradient = judge(gradient, {
      nowMs: 0,
      target,
      wanted: 30,
      slots: 1,
      ended: { requests: 1, serviceMs },
      variation,
    });
  }
  return gradient;
}

Deno.test("growth stops when requests take far longer than the first that ended after it", () => {
  const begun = after(grown(NO_GROWTH, 4, true), 4, 2_000);
  assertEquals(after(begun, 20, 2_200).stop, undefined);
  assertObjectMatch(after(begun, 20, 6_000).stop!, {
    workers: 16,
    untilMs: 60_000,
    trial: { firstMs: 2_000 },
  });
});

Deno.test("requests that take as long as the first are a reason to go on", () => {
  assertEquals(after(grown(NO_GROWTH, 4, true), 200, 60_000).stop, undefined);
});

const STOPPED = after(after(grown(NO_GROWTH, 4, true), 4, 2_000), 4, 6_000);
const at = (nowMs: number, wanted: number) =>
  judge(STOPPED, { nowMs, target: 16, wanted, slots: 1, ended: { requests: 0, serviceMs: 0 }, variation: 0 });

Deno.test("a stop lasts a minute", () => {
  assertEquals(at(59_900, 30), STOPPED);
  assertEquals(at(60_000, 30), NO_GROWTH);
});

Deno.test("requests of uneven times stop growth only when they take far longer than chance explains", () => {
  // Of 8 requests and of 15 exponential means differ by 44 %: 2,000 x 1.7 x 1.44 is 4,906.
  const slow = (serviceMs: number, variation: number) =>
    after(after(grown(NO_GROWTH, 8, false), 8, 2_000), 100, serviceMs, 16, variation).stop;
  assertEquals([slow(4_800, 1), slow(3_300, 0)], [undefined, undefined]);
  assertEquals([slow(5_000, 1)?.workers, slow(3_500, 0)?.workers], [16, 16]);
});

Deno.test("a stop ends when requests take about as long as before, once it shows", () => {
  // 1.5 requests for each of 16 slots: half of them had begun before the stop.
  assertEquals(after(STOPPED, 23, 2_800).stop?.workers, 16);
  assertEquals(after(STOPPED, 24, 2_800).stop, undefined);
  assertEquals(after(STOPPED, 240, 3_000).stop?.workers, 16);
});

Deno.test("a stop of few workers ends after sixteen requests at least", () => {
  const stopped = after(after(grown(NO_GROWTH, 1, false), 8, 100, 2), 4, 300, 2);
  assertEquals(after(stopped, 15, 100, 2).stop?.workers, 2);
  assertEquals(after(stopped, 16, 100, 2).stop, undefined);
});

Deno.test("after a stop that ended growth is judged by the same first requests", () => {
  const resumed = after(STOPPED, 24, 2_800);
  assertEquals(resumed.trial?.firstMs, 2_000);
  assertEquals(after(resumed, 20, 6_000).stop?.trial.firstMs, 2_000);
});

Deno.test("requests that were slow right after a stop do not keep it", () => {
  assertEquals(after(after(STOPPED, 24, 9_000), 24, 2_000).stop, undefined);
});

Deno.test("a stop ends when no more are wanted than there are", () => {
  assertEquals(at(100, 16), NO_GROWTH);
});

/** The most workers that a step from 4 may lead to. */
const step = (gradient: Gradient, sinceUpMs: number, hangs = true) =>
  hangingStep(gradient, { target: 4, slots: 1, hangs, sinceUpMs });
const BEGUN = grown(NO_GROWTH, 2, true);

Deno.test("hanging: a step doubles the workers at most", () => {
  assertEquals(step(NO_GROWTH, Infinity), 8);
});

Deno.test("without hanging requests a step is not limited", () => {
  assertEquals(step(NO_GROWTH, Infinity, false), Infinity);
});

Deno.test("hanging: the next step waits until 1.5 requests a slot have ended", () => {
  assertEquals(step(after(BEGUN, 5, 2_000, 4), 1_000), 4);
  assertEquals(step(after(BEGUN, 6, 2_000, 4), 1_000), 8);
});

Deno.test("hanging: the next step waits for a second, whatever has ended", () => {
  assertEquals(step(after(BEGUN, 6, 2_000, 4), 999), 4);
});

Deno.test("hanging: the next step waits for ten seconds at most", () => {
  assertEquals(step(BEGUN, 9_999), 4);
  assertEquals(step(BEGUN, 10_000), 8);
});

Deno.test("a step begun while requests hung stays limited when they hang no more", () => {
  assertEquals(step(BEGUN, 5_000, false), 4);
});

Deno.test("a step that was made while requests hung has not helped when they take half as long again once it shows", () => {
  const slowed = (hung: boolean, ended: number) =>
    after(after(grown(NO_GROWTH, 2, hung), 2, 2_000, 8), ended, 3_100, 8);
  // The moving mean comes to 1.5 times the first with the twenty-second request; 12 show a step to 8.
  assertEquals(slowed(true, 9).stop, undefined);
  assertObjectMatch(slowed(true, 30).stop!, { workers: 8, untilMs: 60_000 });
  assertEquals(slowed(false, 30).stop, undefined);
});

Deno.test("a growth that has not come is not judged", () => {
  const begun = after(grown(NO_GROWTH, 16, true), 16, 2_000);
  assertEquals(after(begun, 20, 6_000, 16).stop, undefined);
});

/** The first service time of a growth from four workers of `slots`, after so many requests of 2 s. */
const firstMs = (requests: number, slots: number) =>
  judge(grown(NO_GROWTH, 4, false), {
    nowMs: 0,
    target: 16,
    wanted: 30,
    slots,
    ended: { requests, serviceMs: requests * 2_000 },
    variation: 0,
  }).trial?.firstMs;

Deno.test("the first requests are as many as the slots before the growth", () => {
  assertEquals([firstMs(3, 1), firstMs(4, 1)], ["unknown", 2_000]);
  assertEquals([firstMs(15, 4), firstMs(16, 4)], ["unknown", 2_000]);
});

Deno.test("a tick in which no request ended changes no mean", () => {
  assertEquals(after(grown(NO_GROWTH, 4, false), 0, 0).trial, grown(NO_GROWTH, 4, false).trial);
  const none = { requests: 0, serviceMs: 0 };
  const judged = judge(grown(NO_GROWTH, 4, false), {
    nowMs: 0,
    target: 16,
    wanted: 30,
    slots: 1,
    ended: none,
    variation: 0,
  });
  assertEquals(judged.trial?.meanMs, 0);
});

Deno.test("eight requests at once and more are the whole mean, four are half of it", () => {
  const begun = after(grown(NO_GROWTH, 4, false), 4, 2_000);
  const mean = (requests: number) =>
    judge(begun, {
      nowMs: 0,
      target: 16,
      wanted: 30,
      slots: 1,
      ended: { requests, serviceMs: 3_000 * requests },
      variation: 0,
    }).trial?.meanMs;
  assertEquals([4, 8, 16].map(mean), [2_500, 3_000, 3_000]);
});

Deno.test("hanging: with threads the next step waits for 1.5 requests a slot too", () => {
  const stepOf = (ended: number) =>
    hangingStep(after(BEGUN, ended, 2_000, 4), { target: 4, slots: 2, hangs: true, sinceUpMs: 1_000 });
  assertEquals([stepOf(11), stepOf(12)], [4, 8]);
});
