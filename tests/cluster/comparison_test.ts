import { assertEquals } from "@std/assert";
import { apart, told } from "./comparison.ts";

/** 2 pods, and 5 from that second on. */
const grown = (atS: number) => Array.from({ length: 60 }, (_, second) => second < atS ? 2 : 5);

Deno.test("pods that come a scrape later than simulated are not apart, later ones are", () => {
  assertEquals(apart(grown(30), grown(15), 15), []);
  assertEquals(apart(grown(32), grown(15), 15), [30, 31]);
  assertEquals(apart(grown(15), grown(32), 15), [15, 16]);
});

Deno.test("one pod more or fewer is not apart, two are", () => {
  const [four, two, one] = [4, 2, 1].map((pods) => Array.from({ length: 20 }, () => pods));
  assertEquals(apart(four!, grown(0).slice(0, 20), 15), []);
  assertEquals(apart(one!, two!, 15), []);
  assertEquals(apart(four!, two!, 15).length, 20);
});

Deno.test("a series is told by its changes", () => {
  assertEquals(told([2, 2, 3, 3, 2]), "0 s: 2, 2 s: 3, 4 s: 2");
});
