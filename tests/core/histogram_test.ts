import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { bucketOf, BUCKETS, lowerBoundMs, quantileMs, total, variationOf } from "../../src/core/histogram.ts";
import { durations } from "./samples.ts";

/** The probe's own rule, in integers as Python has them. */
function probeBucket(ns: bigint): number {
  const v = ns >> 16n;
  if (v < 4n) return Number(v);
  const bits = v.toString(2).length;
  return Math.min(63, 4 * (bits - 2) + Number((v >> BigInt(bits - 3)) & 3n));
}

Deno.test("a duration falls into the bucket that the probe counts it in", () => {
  for (let ns = 1n; ns < 20_000_000_000n; ns = (ns * 11n) / 10n + 1n) {
    assertEquals(bucketOf(Number(ns) / 1e6), probeBucket(ns), `${ns} ns`);
  }
});

Deno.test("every bucket begins at its lower bound and ends before the next", () => {
  for (let i = 0; i < BUCKETS; i++) {
    assertEquals(bucketOf(lowerBoundMs(i) * (1 + 1e-12)), i);
    assert(lowerBoundMs(i + 1) > lowerBoundMs(i));
  }
});

Deno.test("a duration that is none counts as zero", () => {
  for (const ms of [-1, NaN, -Infinity, 0]) assertEquals(bucketOf(ms), 0);
});

Deno.test("a duration longer than the last bucket counts in it", () => {
  assertEquals(bucketOf(1e9), BUCKETS - 1);
  assertEquals(bucketOf(Infinity), BUCKETS - 1);
});

Deno.test("a quantile is within a bucket's width of the value", () => {
  for (const ms of [0.3, 1, 5, 20, 100, 300, 2000]) {
    const q = quantileMs(durations(1000, ms), 0.5);
    assertAlmostEquals(q as number, ms, ms * 0.25);
  }
});

Deno.test("no values, no quantile", () => {
  assertEquals(quantileMs(new Float64Array(BUCKETS), 0.95), "unknown");
});

Deno.test("no values, no total", () => {
  assertEquals(total(new Float64Array(BUCKETS)), 0);
});

/** Nine requests of 10 ms and one of a second. */
function nineFastOneSlow(): Float64Array {
  const counts = durations(9, 10);
  counts[bucketOf(1000)] = 1;
  return counts;
}

Deno.test("the 95th percentile of nine fast requests and a slow one is the slow one", () => {
  assert((quantileMs(nineFastOneSlow(), 0.95) as number) > 800);
});

Deno.test("the median of nine fast requests and a slow one is a fast one", () => {
  assert((quantileMs(nineFastOneSlow(), 0.5) as number) < 13);
});

Deno.test("variation: 0 for a constant", () => assertEquals(variationOf(durations(50, 100)), 0));

Deno.test("variation: 0 for a single duration", () => assertEquals(variationOf(durations(1, 0.1)), 0));

Deno.test("variation: unknown for nothing", () => {
  assertEquals(variationOf(new Float64Array(BUCKETS)), "unknown");
});

Deno.test("variation: 1 for exponential times", () => {
  const exponential = new Float64Array(BUCKETS);
  for (let i = 0; i < 20_000; i++) exponential[bucketOf(-100 * Math.log((i + 0.5) / 20_000))]!++;
  assertAlmostEquals(variationOf(exponential) as number, 1, 0.05);
});

Deno.test("variation: half short and half long, (m2 - m1)^2 / (m2 + m1)^2", () => {
  const mixed = new Float64Array(BUCKETS);
  mixed[bucketOf(50)] = 10;
  mixed[bucketOf(400)] = 10;
  assertAlmostEquals(variationOf(mixed) as number, (350 / 450) ** 2, 0.05);
});

Deno.test("a unit is 65.536 us", () => {
  assertEquals(lowerBoundMs(1), 0.065536);
  assertEquals(lowerBoundMs(4), 4 * 0.065536);
});

Deno.test("the last bucket starts at 7.5 s", () => {
  assertAlmostEquals(lowerBoundMs(BUCKETS - 1), 7_516, 1);
});

Deno.test("inside its bucket a quantile is in proportion", () => {
  const low = lowerBoundMs(20);
  const width = lowerBoundMs(21) - low;
  assertAlmostEquals(quantileMs(durations(10, low), 0.5) as number, low + width / 2, 1e-9);
});

Deno.test("inside its bucket a quantile counts from the values before it", () => {
  const low = lowerBoundMs(20);
  const width = lowerBoundMs(21) - low;
  // 30 values before it: the 50th of 100 is the 20th of the 40 in this bucket.
  const middle = durations(40, low);
  middle[10] = 30;
  middle[30] = 30;
  assertAlmostEquals(quantileMs(middle, 0.5) as number, low + width / 2, 1e-9);
});

Deno.test("quantiles begin and end with the values", () => {
  const counts = durations(3, lowerBoundMs(12));
  counts[20] = 1;
  assertEquals(quantileMs(counts, 0), lowerBoundMs(12));
  assertEquals(quantileMs(counts, 1), lowerBoundMs(21));
});

Deno.test("the quantiles of a single value end with its bucket", () => {
  assertEquals(quantileMs(durations(1, lowerBoundMs(12)), 1), lowerBoundMs(13));
});

Deno.test("the shortest durations count in the total", () => assertEquals(total(durations(8, 0.01)), 8));

Deno.test("the shortest durations have quantiles", () => {
  assert((quantileMs(durations(8, 0.01), 0.5) as number) < lowerBoundMs(1));
});

Deno.test("the shortest durations count in the variation", () => {
  const counts = durations(8, 0.01);
  counts[40] = 8;
  const [short, long] = [lowerBoundMs(1) / 2, (lowerBoundMs(40) + lowerBoundMs(41)) / 2];
  assertAlmostEquals(variationOf(counts) as number, ((long - short) / (long + short)) ** 2, 1e-9);
});

Deno.test("variation takes values for the middle of their bucket", () => {
  const counts = durations(5, lowerBoundMs(20));
  counts[23] = 5;
  const [short, long] = [20, 23].map((i) => (lowerBoundMs(i) + lowerBoundMs(i + 1)) / 2) as [number, number];
  assertAlmostEquals(variationOf(counts) as number, ((long - short) / (long + short)) ** 2, 1e-9);
});
