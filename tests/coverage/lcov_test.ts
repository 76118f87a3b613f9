import { assertEquals } from "@std/assert";
import { byFolder, parseLcov, ranges, ranShare, together } from "./lcov.ts";

const REPORT = "SF:/here/src/core/a.ts\nFN:1,f\nFNDA:0,f\nFNF:2\nFNH:1\nBRF:4\nBRH:3\n" +
  "DA:1,3\nDA:2,0\nDA:4,0\nDA:5,1\nLH:2\nLF:4\nend_of_record\n" +
  "SF:/here/src/log.ts\nDA:1,1\nend_of_record\n";

Deno.test("a report says which lines, functions and branches of which files ran", () => {
  assertEquals(parseLcov(REPORT), [{
    file: "/here/src/core/a.ts",
    lines: { all: 4, ran: 2 },
    functions: { all: 2, ran: 1 },
    branches: { all: 4, ran: 3 },
    missed: [2, 4],
  }, {
    file: "/here/src/log.ts",
    lines: { all: 1, ran: 1 },
    functions: { all: 0, ran: 0 },
    branches: { all: 0, ran: 0 },
    missed: [],
  }]);
});

Deno.test("the share is that of all lines, not the mean of the files", () => {
  assertEquals(ranShare(together(parseLcov(REPORT).map(({ lines }) => lines))), 3 / 5);
});

Deno.test("where there is nothing to run all of it ran", () => {
  assertEquals(ranShare(together([])), 1);
});

Deno.test("files are together with those of their folder", () => {
  assertEquals([...byFolder(parseLcov(REPORT)).keys()], ["src/core", "src"]);
});

Deno.test("consecutive lines are shown as a range", () => {
  assertEquals(ranges([3, 4, 5, 9]), "3-5, 9");
  assertEquals(ranges([]), "");
});
