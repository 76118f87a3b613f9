import { assertEquals } from "@std/assert";
import { SlidingMax } from "../../src/core/sliding_max.ts";
import { SlidingMin } from "../../src/core/sliding_min.ts";
import { seeded } from "./fluid.ts";

Deno.test("the largest of the last values, as if all had been kept", () => {
  const random = seeded(1);
  let sliding = SlidingMax.EMPTY;
  const all: [atMs: number, value: number][] = [];
  for (let nowMs = 0; nowMs < 20_000; nowMs += 100) {
    const value = Math.floor(random() * 20) - 10;
    sliding = sliding.with(nowMs, value);
    all.push([nowMs, value]);
    const kept = all.filter(([atMs]) => atMs >= nowMs - 700).map(([, kept]) => kept);
    assertEquals(sliding.max(nowMs, 700, -99), Math.max(...kept), `at ${nowMs} ms`);
  }
});

Deno.test("a value counts until its window is over, to the millisecond", () => {
  let sliding = SlidingMax.EMPTY;
  sliding = sliding.with(0, 9);
  sliding = sliding.with(100, 1);
  assertEquals(sliding.max(500, 500, 0), 9);
  assertEquals(sliding.max(501, 500, 0), 1);
});

Deno.test("equal values count from the latest of them", () => {
  let sliding = SlidingMax.EMPTY;
  sliding = sliding.with(0, 5);
  sliding = sliding.with(400, 5);
  sliding = sliding.with(500, 1);
  assertEquals(sliding.max(800, 500, 0), 5);
});

Deno.test("without a value the caller's own counts", () => {
  assertEquals(SlidingMax.EMPTY.max(0, 100, 7), 7);
});

Deno.test("the last value stays however old", () => {
  const sliding = SlidingMax.EMPTY.with(0, 9).with(100, 5).with(200, 3);
  assertEquals(sliding.max(10_000, 100, 7), 3);
});

Deno.test("it is empty until there is a value", () => {
  assertEquals(SlidingMax.EMPTY.isEmpty, true);
  assertEquals(SlidingMax.EMPTY.with(0, 9).isEmpty, false);
});

Deno.test("a longer window than before looks further back", () => {
  let sliding = SlidingMax.EMPTY;
  sliding = sliding.with(0, 9);
  sliding = sliding.with(100, 5);
  sliding = sliding.with(900, 1);
  assertEquals(sliding.max(1_000, 500, 0), 1);
  assertEquals(sliding.max(1_000, 900, 0), 5);
  assertEquals(sliding.max(1_000, 1_000, 0), 9);
});

Deno.test("the smallest value counts until its window is over", () => {
  const sliding = SlidingMin.EMPTY.with(0, 2).with(100, 5).with(200, 3);
  assertEquals(sliding.min(500, 500, 0), 2);
  assertEquals(sliding.min(501, 500, 0), 3);
  assertEquals(sliding.min(10_000, 100, 0), 3, "the newest, however old");
});

Deno.test("without a value the caller's own counts as the smallest", () => {
  assertEquals(SlidingMin.EMPTY.min(0, 100, 7), 7);
});
