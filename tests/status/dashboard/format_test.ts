import { assertEquals } from "@std/assert";
import { duration } from "../../../src/status/dashboard/format.js";

Deno.test("a time span on the page is in its two largest units, rounded", () => {
  const texts: [seconds: number | "unknown", text: string][] = [
    ["unknown", "–"],
    [-1, "0 s"],
    [0.4, "0 s"],
    [59.4, "59 s"],
    [59.7, "1 min"],
    [3_599.7, "1 h"],
    [3_725, "1 h 2 min"],
    [273_600, "3 d 4 h"],
  ];
  for (const [seconds, text] of texts) assertEquals(duration(seconds), text);
});
