import { assertAlmostEquals, assertEquals, assertMatch } from "@std/assert";
import type { SoakSample } from "../../bench/endurance/soak_sample.ts";
import { figure } from "../../bench/endurance/soak_sample.ts";
import { DRIFT_S, fit, judge, TICK_S } from "../../bench/endurance/soak_verdict.ts";

/** A sample a second for two minutes: flat, but for what is given. */
function samples(of: (atS: number) => Partial<SoakSample> = () => ({})): SoakSample[] {
  return Array.from({ length: 121 }, (_, atS) => ({
    atS,
    pssBytes: 60e6,
    anonymousBytes: 30e6 + 3e6 * Math.sin(atS),
    descriptors: 29 + atS % 2,
    threads: 4,
    files: 5,
    workers: 3,
    target: 3,
    longestTickS: 0.2,
    ...of(atS),
  }));
}

Deno.test("a soak that breathes is flat, and its warm-up may grow as it likes", () => {
  assertEquals(judge(samples()).faults, []);
  const warming = samples((atS) => atS < 40 ? { anonymousBytes: 20e6 + 1e6 * atS, threads: 9 } : {});
  assertEquals(judge(warming).faults, []);
});

Deno.test("each thing that grows slowly is named", () => {
  const grow = (name: "anonymousBytes" | "descriptors" | "threads" | "files", by: number) =>
    judge(samples((atS) => ({ [name]: 50 + by * atS / 80 }))).faults;
  for (
    const [name, by] of [["anonymousBytes", 11e6], ["descriptors", 3], ["threads", 1.5], [
      "files",
      1.5,
    ]] as const
  ) {
    const [fault, ...more] = grow(name, by);
    assertMatch(fault!, new RegExp(`^${name} grew from .* to `));
    assertEquals(more, []);
    assertEquals(grow(name, by / 2), []);
  }
});

Deno.test("a count that is not what was asked for is a fault when it stays so, not while it changes", () => {
  const differing = (seconds: number) =>
    judge(samples((atS) => atS >= 60 && atS <= 60 + seconds ? { workers: 4 } : {}));
  assertEquals(differing(DRIFT_S).faults, []);
  assertEquals(differing(DRIFT_S).longestDriftS, DRIFT_S);
  assertEquals(differing(DRIFT_S + 1).faults, ["the count was not what was asked for during 11.0 s"]);
});

Deno.test("a late decision is a fault, and so is one without a time", () => {
  assertEquals(judge(samples(() => ({ longestTickS: TICK_S }))).faults, []);
  assertEquals(judge(samples(() => ({ longestTickS: 2.5 }))).faults, [
    "a decision came 2.5 s after the one before",
  ]);
  assertEquals(judge(samples(() => ({ longestTickS: NaN }))).faults.length, 1);
});

Deno.test("the line through points is the one of least squares", () => {
  const line = fit([[0, 1], [1, 3], [2, 2], [3, 4]]); // by hand: 1.3 + 0.8 x
  assertAlmostEquals(line(0), 1.3);
  assertAlmostEquals(line(10), 9.3);
  assertEquals(fit([[1, 5]])(7), 5);
});

Deno.test("a figure is read from metrics by its whole name", () => {
  const metrics = "gunicorn_autoscaler_ticks_total 12\ngunicorn_autoscaler_ticks 3\n";
  assertEquals([figure(metrics, "ticks_total"), figure(metrics, "ticks")], [12, 3]);
  assertEquals(figure(metrics, "tick"), NaN);
});
