import { assertEquals } from "@std/assert";
import { FLAT, type Gradient, grown, hangingStep, judge } from "../../../src/core/policy/gradient.ts";

/** Ends `n` requests of `serviceMs` each, one a tick, while 30 workers are wanted. */
function after(gradient: Gradient, n: number, serviceMs: number, target = 16, nowMs = 0): Gradient {
  for (let i = 0; i < n; i++) {
    gradient = judge(gradient, {
      nowMs,
      target,
      wanted: 30,
      slots: 1,
      ended: { requests: 1, serviceMs },
    });
  }
  return gradient;
}

Deno.test("growth stops when requests take far longer than the first that ended after it", () => {
  const begun = after(grown(FLAT, 4, true), 4, 2_000);
  assertEquals(after(begun, 20, 2_200).stop, undefined);
  assertEquals(after(begun, 20, 6_000).stop, { workers: 16, untilMs: 60_000 });
});

Deno.test("requests that take as long as the first are a reason to go on", () => {
  assertEquals(after(grown(FLAT, 4, true), 200, 60_000).stop, undefined);
});

Deno.test("a stop ends with the demand, or is tried again after a minute", () => {
  const stopped = after(after(grown(FLAT, 4, true), 4, 2_000), 20, 6_000);
  const at = (nowMs: number, wanted: number) =>
    judge(stopped, { nowMs, target: 16, wanted, slots: 1, ended: { requests: 0, serviceMs: 0 } });
  assertEquals(at(59_900, 30), stopped);
  assertEquals(at(60_000, 30), FLAT);
  assertEquals(at(100, 16), FLAT);
});

Deno.test("while requests hang a step doubles the workers at most, and waits for what the one before brought", () => {
  const step = (gradient: Gradient, sinceUpMs: number, hangs = true) =>
    hangingStep(gradient, { target: 4, slots: 1, hangs, sinceUpMs });
  assertEquals(step(FLAT, Infinity), 8);
  assertEquals(step(FLAT, Infinity, false), Infinity);
  const begun = grown(FLAT, 2, true);
  assertEquals(step(begun, 900), 4);
  assertEquals(step(begun, 5_000, false), 4);
  assertEquals(step(begun, 10_000), 8);
  assertEquals(step(after(begun, 5, 2_000, 4), 1_000), 4);
  assertEquals(step(after(begun, 6, 2_000, 4), 1_000), 8);
});

Deno.test("a step that was made while requests hung has not helped when they take half as long again once it shows", () => {
  const slowed = (hung: boolean, ended: number) =>
    after(after(grown(FLAT, 2, hung), 2, 2_000, 8), ended, 3_100, 8);
  // The moving mean comes to 1.5 times the first with the twenty-second request; 12 show a step to 8.
  assertEquals(slowed(true, 9).stop, undefined);
  assertEquals(slowed(true, 30).stop, { workers: 8, untilMs: 60_000 });
  assertEquals(slowed(false, 30).stop, undefined);
});
