import { assertEquals } from "@std/assert";
import { byteSize, count, milliseconds, share } from "../../src/wording/format.ts";

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
