import { assert, assertEquals } from "@std/assert";
import { dropUnchangedFilePages, unchangedFilePages } from "../../src/platform/own_pages.ts";

const mapping = (range: string, rights: string, path: string, anonymousKb: number, swapKb = 0) =>
  `${range} ${rights} 00000000 fd:00 42 ${
    path.padStart(30)
  }\nSize: 4 kB\nAnonymous: ${anonymousKb} kB\nSwap: ${swapKb} kB\nVmFlags: rd\n`;

Deno.test("only what is a file's, read-only and without pages of our own is given back", () => {
  const smaps = [
    mapping("1000-3000", "r-xp", "/bin/ga", 0),
    mapping("3000-4000", "r--p", "/bin/ga", 4), // relocated
    mapping("8000-9000", "r--p", "/bin/ga", 0, 4), // relocated, in swap
    mapping("4000-5000", "rw-p", "/bin/ga", 0),
    mapping("5000-6000", "r--p", "", 0),
    mapping("6000-7000", "r--s", "/dev/shm/x", 0),
    mapping("7f0000000000-7f0000001000", "r--p", "/lib/with a blank", 0),
  ].join("");
  assertEquals(unchangedFilePages(smaps), [
    { from: 0x1000n, bytes: 0x2000n },
    { from: 0x7f0000000000n, bytes: 0x1000n },
  ]);
});

Deno.test("the program continues after its pages were dropped", () => {
  assert(unchangedFilePages(Deno.readTextFileSync("/proc/self/smaps")).length > 0);
  dropUnchangedFilePages();
  assertEquals([3, 1, 2].sort().map((n) => `${n}`).join(), "1,2,3");
});
