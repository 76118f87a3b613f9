import { assertEquals } from "@std/assert";
import {
  parseCfsQuota,
  parseCpuMax,
  parseFullStall,
  parseKey,
  parseMemoryLimit,
  parseWhole,
} from "../../../src/sensors/machine/cgroup_values.ts";

const cpuMax: [string, number | undefined][] = [
  ["max 100000\n", Infinity],
  ["max\n", Infinity],
  ["200000 100000\n", 2],
  ["50000 100000\n", 0.5],
  ["150000\n", 1.5],
  ["0 100000\n", undefined],
  ["100000 0\n", undefined],
  ["-1 100000\n", undefined],
  ["x y\n", undefined],
  ["", undefined],
];
for (const [text, cores] of cpuMax) {
  Deno.test(`cpu.max ${JSON.stringify(text)} is ${cores} cores`, () =>
    assertEquals(parseCpuMax(text), cores));
}

const cfs: [string, string, number | undefined][] = [
  ["-1\n", "100000\n", Infinity],
  ["250000\n", "100000\n", 2.5],
  ["0\n", "100000\n", undefined],
  ["100000\n", "", undefined],
  ["", "", undefined],
];
for (const [quota, period, cores] of cfs) {
  Deno.test(`A CFS quota of ${JSON.stringify(quota + period)} is ${cores} cores`, () => {
    assertEquals(parseCfsQuota(quota, period), cores);
  });
}

const memory: [string, number | undefined][] = [
  ["max\n", Infinity],
  ["536870912\n", 536870912],
  ["9223372036854771712\n", Infinity],
  ["0\n", 0],
  ["-1\n", undefined],
  ["", undefined],
  ["lots", undefined],
];
for (const [text, bytes] of memory) {
  Deno.test(`A memory limit of ${JSON.stringify(text)} is ${bytes} bytes`, () => {
    assertEquals(parseMemoryLimit(text), bytes);
  });
}

const STAT = "total_inactive_file 5\ninactive_file 451579904\ninactive_file_x 7\nnr_periods 0\nlast 9";

Deno.test("A key is found by its whole name, wherever it stands", () => {
  assertEquals(parseKey(STAT, "inactive_file"), 451579904);
  assertEquals(parseKey(STAT, "total_inactive_file"), 5);
  assertEquals(parseKey(STAT, "nr_periods"), 0);
  assertEquals(parseKey(STAT, "last"), 9);
  assertEquals(parseKey(STAT, "file"), undefined);
  assertEquals(parseKey("", "last"), undefined);
  assertEquals(parseKey("last x\n", "last"), undefined);
});

Deno.test("A file of one number is that number or nothing", () => {
  assertEquals(parseWhole("581881535359\n"), 581881535359);
  for (const text of ["", "x", "-1", "1 2", "1.5"]) assertEquals(parseWhole(text), undefined, text);
});

Deno.test('the stall of all processes is that of the line "full", as a share', () => {
  const text =
    "some avg10=40.00 avg60=1.00 avg300=0.10 total=9\nfull avg10=12.50 avg60=0.10 avg300=0.01 total=5\n";
  assertEquals(parseFullStall(text), 0.125);
});

Deno.test("a stall is all of the time at most", () => {
  assertEquals(parseFullStall("full avg10=100.01 avg60=0.10 avg300=0.01 total=5\n"), 1);
});

Deno.test('without a line "full", or a number in it, the stall is not known', () => {
  for (const text of ["", "some avg10=40.00 avg60=1.00 avg300=0.10 total=9\n", "full avg10=x avg60=1.00\n"]) {
    assertEquals(parseFullStall(text), undefined, text);
  }
});
