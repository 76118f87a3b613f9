import { assert, assertEquals } from "@std/assert";
import { LogLines } from "../../src/platform/log_lines.ts";

/** A reader that takes so many bytes in all, until it is given more room. */
class Reader {
  text = "";

  constructor(public room = Infinity) {}

  readonly write = (bytes: Uint8Array): number => {
    const taken = Math.min(bytes.length, this.room);
    this.room -= taken;
    this.text += new TextDecoder().decode(bytes.subarray(0, taken));
    return taken;
  };
}

/** Lines that wait are tried again by a timer, which outlives its test. */
function slowTest(name: string, fn: () => void): void {
  Deno.test({ name, fn, sanitizeOps: false, sanitizeResources: false });
}

const linesTo = (reader: Reader) => new LogLines(reader.write, (dropped) => `${dropped} lines dropped`);

Deno.test("a line is written at once", () => {
  const reader = new Reader();
  linesTo(reader).add("one");
  assertEquals(reader.text, "one\n");
});

slowTest("what a slow reader has not taken is written before the next line", () => {
  const reader = new Reader(2);
  const lines = linesTo(reader);
  lines.add("one");
  assertEquals(reader.text, "on");
  reader.room = Infinity;
  lines.add("two");
  assertEquals(reader.text, "one\ntwo\n");
  lines.end();
});

slowTest("lines that wait for a slow reader are written at the end", () => {
  const reader = new Reader(0);
  const lines = linesTo(reader);
  lines.add("one");
  reader.room = Infinity;
  lines.end();
  assertEquals(reader.text, "one\n");
});

slowTest("a reader that takes nothing holds the end up for 300 ms at most, and takes no CPU", () => {
  let tries = 0;
  const lines = new LogLines(() => (tries++, 0), () => "");
  lines.add("one");
  const fromMs = performance.now();
  lines.end();
  assert(performance.now() - fromMs < 2_000);
  assert(tries < 100, `${tries} tries`);
});

slowTest("beyond 256 KiB lines are dropped, and their number is a line once there is room", () => {
  const reader = new Reader(0);
  const lines = linesTo(reader);
  for (let i = 0; i < 4; i++) lines.add("x".repeat(100 * 1024));
  reader.room = Infinity;
  lines.add("last");
  assertEquals(reader.text.split("\n").map((line) => line.slice(0, 15)), [
    "x".repeat(15),
    "x".repeat(15),
    "2 lines dropped",
    "last",
    "",
  ]);
});

slowTest("a line waits while a quarter of the room is taken, and is written at the end all the same", () => {
  const reader = new Reader();
  let unread = 0.25;
  const lines = new LogLines(reader.write, (dropped) => `${dropped} lines dropped`, () => unread);
  lines.add("one");
  assertEquals(reader.text, "");
  unread = 0.24;
  lines.add("two");
  assertEquals(reader.text, "one\ntwo\n");
  unread = 0.5;
  lines.add("three");
  lines.end();
  assertEquals(reader.text, "one\ntwo\nthree\n");
});
