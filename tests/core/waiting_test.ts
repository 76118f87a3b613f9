import { assertEquals } from "@std/assert";
import { LEAST_KERNEL_WAIT_MS } from "../../src/core/constants.ts";
import { bucketOf, BUCKETS, middleMs } from "../../src/core/histogram.ts";
import { waitingByLittle } from "../../src/core/waiting.ts";

/** Buckets with one wait for each of these, ms. */
function waits(...ms: number[]): Float64Array {
  const counts = new Float64Array(BUCKETS);
  for (const wait of ms) counts[bucketOf(wait)]!++;
  return counts;
}

Deno.test("what waits is the rate times the mean wait", () => {
  const mean = (middleMs(bucketOf(300)) + middleMs(bucketOf(500))) / 2;
  assertEquals(waitingByLittle(2, waits(300, 500), 100), Math.round(0.02 * mean));
});

Deno.test("a single measured wait stands for all that began", () => {
  assertEquals(waitingByLittle(10, waits(400), 100), Math.round(0.1 * middleMs(bucketOf(400))));
});

Deno.test("a wait of no time counts as measured", () => {
  assertEquals(
    waitingByLittle(10, waits(0, 400), 100),
    Math.round(0.1 * middleMs(bucketOf(400)) / 2),
  );
});

Deno.test("waits that may be as short as the kernel's own are no waits, those above are", () => {
  const own = bucketOf(LEAST_KERNEL_WAIT_MS);
  const waiting = (bucket: number) => waitingByLittle(1_000, waits(middleMs(bucket)), 1);
  assertEquals([own, own + 1].map(waiting), [0, Math.round(1_000 * middleMs(own + 1))]);
});

Deno.test("nothing waits where nothing was measured, or no time has passed", () => {
  assertEquals(waitingByLittle(5, waits(), 100), 0);
  assertEquals(waitingByLittle(5, waits(400), 0), 0);
});
