import { assertEquals } from "@std/assert";
import { parseLcov, ranges, ranShare } from "./lcov.ts";

const REPORT = "SF:/src/a.ts\nFN:1,f\nFNDA:0,f\nDA:1,3\nDA:2,0\nDA:4,0\nDA:5,1\nLH:2\nLF:4\nend_of_record\n" +
  "SF:/src/b.ts\nDA:1,1\nend_of_record\n";

Deno.test("a report says which lines of which files ran", () => {
  assertEquals(parseLcov(REPORT), [
    { file: "/src/a.ts", lines: 4, ran: 2, missed: [2, 4] },
    { file: "/src/b.ts", lines: 1, ran: 1, missed: [] },
  ]);
});

Deno.test("the share is that of all lines, not the mean of the files", () => {
  assertEquals(ranShare(parseLcov(REPORT)), 3 / 5);
});

Deno.test("a profile of nothing has covered nothing", () => {
  assertEquals(ranShare(parseLcov("")), 0);
});

Deno.test("consecutive lines are shown as a range", () => {
  assertEquals(ranges([3, 4, 5, 9]), "3-5, 9");
  assertEquals(ranges([]), "");
});
