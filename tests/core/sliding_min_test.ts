import { assertEquals } from "@std/assert";
import { SlidingMin } from "../../src/core/sliding_min.ts";

Deno.test("the smallest value of the window, until it is over", () => {
  const sliding = SlidingMin.EMPTY.with(0, 2).with(100, 5).with(200, 3);
  assertEquals(sliding.min(500, 500, 0), 2);
  assertEquals(sliding.min(501, 500, 0), 3);
  assertEquals(sliding.min(10_000, 100, 0), 3, "the newest, however old");
});

Deno.test("without a value the caller's own counts", () => {
  assertEquals(SlidingMin.EMPTY.min(0, 100, 7), 7);
});
