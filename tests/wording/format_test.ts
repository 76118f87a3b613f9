import { assertEquals } from "@std/assert";
import { byteSize, count, duration, milliseconds, quantity, share } from "../../src/wording/format.ts";

Deno.test("what is not known is a dash", () => {
  for (
    const text of [
      count("unknown"),
      count(null),
      milliseconds("unknown"),
      byteSize("unknown"),
      share("unknown"),
    ]
  ) {
    assertEquals(text, "–");
  }
});

Deno.test("a whole number has no digits behind the point", () => assertEquals(count(3, 1), "3"));

Deno.test("a number has at most so many digits behind the point", () => assertEquals(count(3.26, 1), "3.3"));

Deno.test("a time has two or three digits and its unit", () => {
  assertEquals([4.2, 84, 1_200, 12_300].map(milliseconds), ["4.2 ms", "84 ms", "1.2 s", "12 s"]);
});

Deno.test("bytes are MiB, and GiB from one on", () => {
  assertEquals([38, 1_536, 20_480].map((mib) => byteSize(mib * 2 ** 20)), ["38 MiB", "1.5 GiB", "20 GiB"]);
});

Deno.test("a share is a percentage", () => assertEquals(share(0.384), "38 %"));

Deno.test("a time span has its two largest units", () => {
  for (
    const [ms, text] of [
      [0, "0 s"],
      [45_000, "45 s"],
      [60_000, "1 min"],
      [545_000, "9 min 5 s"],
      [7_500_000, "2 h 5 min"],
      [273_600_000, "3 d 4 h"],
      [-5, "0 s"],
    ] as const
  ) assertEquals(duration(ms), text);
});

Deno.test("one thing is singular, any other number plural", () => {
  assertEquals([0, 1, 2, 1.5].map((n) => quantity(n, "core")), ["0 cores", "1 core", "2 cores", "1.5 cores"]);
  assertEquals(quantity(3, "process", "processes"), "3 processes");
});
