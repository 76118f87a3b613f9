import { assertEquals } from "@std/assert";
import { SecondBuckets } from "../../../src/simulation/controllers/second_buckets.ts";

Deno.test("durations count to the millisecond: the 95th percentile of 19 x 100 ms and one of 400 ms is 100 ms", () => {
  const buckets = new SecondBuckets(3);
  for (let i = 0; i < 19; i++) buckets.record(0, 100.4);
  buckets.record(0, 400);
  assertEquals([0.95, 0.96].map((q) => buckets.quantileMs(q)), [100, 400]);
});

Deno.test("a window counts its present second as a whole one, and forgets what is older", () => {
  const buckets = new SecondBuckets(3);
  for (let second = 0; second < 5; second++) for (let i = 0; i < 6; i++) buckets.record(second, 50);
  buckets.moveTo(4);
  assertEquals(buckets.rps, 6);
  buckets.moveTo(5);
  assertEquals([buckets.rps, buckets.rpsOver(2, 5)], [4, 3]);
  buckets.moveTo(9);
  assertEquals([buckets.rps, buckets.quantileMs(0.95)], [0, 0]);
});
