import { assertAlmostEquals, assertEquals } from "@std/assert";
import { computingShare, oneAtATime } from "../../../src/core/bounds/interpreter_lock.ts";
import { quiet } from "./bounds_scene.ts";

/** A window in which so many requests were in service at once for a second, while their workers used so much CPU. */
const window = (inService: number, cpuMs: number, cpuWaitMs = 0) => ({
  ...quiet,
  servingMs: 1_000,
  occupiedMs: 1_000 * inService,
  cpuMs,
  cpuWaitMs,
});

/** Of workers that served alike in all windows. */
const always = (was: boolean, cpuMs: number, variation = 0) => {
  const sums = window(1, cpuMs);
  return oneAtATime(was, { recent: sums, stable: sums, before: sums }, variation);
};

Deno.test("interpreter lock: a request alone in its worker computes for the share of the time that its worker does", () => {
  assertAlmostEquals(computingShare(window(1, 600)), 0.6);
});

Deno.test("interpreter lock: with two in service a worker computes unless both wait", () => {
  assertAlmostEquals(computingShare(window(2, 750)), 0.5);
});

Deno.test("interpreter lock: time in the run queue says nothing of what requests need", () => {
  assertAlmostEquals(computingShare(window(1, 300, 500)), 0.6);
});

Deno.test("interpreter lock: a worker that computes all the time has requests that do, however many", () => {
  assertAlmostEquals(computingShare(window(4, 1_000)), 1 - 0.01 ** 0.25);
  assertAlmostEquals(computingShare(window(1, 1_200)), 0.99);
});

Deno.test("interpreter lock: without CPU, without time, and with less than one in service there is a share too", () => {
  assertEquals(computingShare({ ...quiet, servingMs: 0, occupiedMs: 0 }), 0);
  assertEquals(computingShare(window(1, 0)), 0);
  assertAlmostEquals(computingShare(window(0.5, 500)), 0.5);
});

Deno.test("interpreter lock: requests are taken one at a time from seven tenths of their time on", () => {
  assertEquals([always(false, 699), always(false, 700)], [false, true]);
});

Deno.test("interpreter lock: once taken so, down to 35 hundredths", () => {
  assertEquals([always(true, 350), always(true, 349)], [true, false]);
});

Deno.test("interpreter lock: times that vary nearly as much as exponential ones are served in turns", () => {
  assertEquals([always(false, 950, 0.75), always(false, 950, 0.76)], [true, false]);
  assertEquals([always(true, 950, 1), always(true, 950, 1.01)], [true, false]);
});

Deno.test("interpreter lock: nothing is known of less than 300 ms of service", () => {
  const at = (was: boolean, occupiedMs: number) => {
    const sums = { ...window(1, 290), servingMs: occupiedMs, occupiedMs };
    return oneAtATime(was, { recent: sums, stable: sums, before: sums }, 0);
  };
  assertEquals([at(false, 299), at(false, 300)], [false, true]);
  assertEquals(at(true, 299), true, "what was known before holds");
});

Deno.test("interpreter lock: any window in which requests compute begins it, the latest alone ends it", () => {
  const [computes, waits] = [window(1, 950), window(1, 50)];
  for (const name of ["recent", "stable", "before"] as const) {
    const windows = { recent: waits, stable: waits, before: waits, [name]: computes };
    assertEquals(oneAtATime(false, windows, 0), true, name);
    assertEquals(oneAtATime(true, windows, 0), name === "recent", name);
  }
});

Deno.test("interpreter lock: one window with enough of service tells", () => {
  assertEquals(oneAtATime(false, { recent: quiet, stable: window(1, 950), before: quiet }, 0), true);
});

Deno.test("interpreter lock: a pause ends nothing", () => {
  const windows = { recent: quiet, stable: window(1, 50), before: quiet };
  assertEquals(oneAtATime(true, windows, 0), true);
});
