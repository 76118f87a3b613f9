import { assertEquals, assertStringIncludes } from "@std/assert";
import { fittingAtFirst, startNumbers } from "../../src/gunicorn/start_numbers.ts";

type Case = readonly [
  given: number | undefined,
  min: number | undefined,
  max: number | undefined,
  result: number[],
];

function numbers(given: number | undefined, min: number | undefined, max: number | undefined) {
  return startNumbers(
    {
      minWorkers: min ?? 2,
      maxWorkers: max ?? 5,
      isMinGiven: min !== undefined,
      isMaxGiven: max !== undefined,
    },
    given === undefined ? undefined : { workers: given, source: `--workers=${given}` },
  );
}

Deno.test("it starts with the number of workers that is given, and a bound that is not set follows it", () => {
  const cases: readonly Case[] = [
    // given, --min-workers, --max-workers: begins with, minimum, maximum
    [undefined, undefined, undefined, [2, 2, 5]],
    [undefined, 3, 8, [3, 3, 8]],
    [4, undefined, undefined, [4, 2, 5]],
    [9, undefined, undefined, [9, 2, 9]],
    [9, undefined, 4, [4, 2, 4]],
    [9, 3, undefined, [9, 3, 9]],
    [1, undefined, undefined, [1, 1, 1]],
    [1, undefined, 4, [1, 1, 4]],
    [1, 1, undefined, [1, 1, 1]],
    [1, 1, 4, [1, 1, 4]],
    [1, 3, undefined, [3, 3, 5]],
    [0, undefined, undefined, [2, 2, 5]],
  ];
  for (const [given, min, max, expected] of cases) {
    const { initialWorkers, minWorkers, maxWorkers } = numbers(given, min, max);
    assertEquals([initialWorkers, minWorkers, maxWorkers], expected, `${given}, ${min}, ${max}`);
  }
});

Deno.test("one note says what the number changes", () => {
  assertEquals(numbers(undefined, undefined, undefined).note, undefined);
  const cases: [note: string | undefined, part: string][] = [
    [
      numbers(4, undefined, undefined).note,
      "--workers=4 is the number to begin with; the autoscaler takes it from",
    ],
    [numbers(9, undefined, undefined).note, "and the maximum: --max-workers sets another"],
    [numbers(9, undefined, 4).note, "brought within 2 to 4"],
    [numbers(1, undefined, undefined).note, "stays the only worker"],
    [numbers(1, undefined, undefined).note, "--max-workers lets it grow"],
    [numbers(1, undefined, 4).note, "the number to begin with and the minimum"],
  ];
  for (const [note, part] of cases) assertStringIncludes(note!, part);
});

Deno.test("it starts with fewer where memory may not hold more, within the same bounds", () => {
  const bounds = { minWorkers: 2, maxWorkers: 5, isMinGiven: false, isMaxGiven: false };
  const given = { workers: 4, source: "--workers=4" };
  const all = [Infinity, 4, 3, 1].map((fitting) => startNumbers(bounds, given, fitting));
  assertEquals(all.map(({ initialWorkers }) => initialWorkers), [4, 4, 3, 1]);
  assertEquals(all.map(({ minWorkers, maxWorkers }) => [minWorkers, maxWorkers]), Array(4).fill([2, 5]));
  assertStringIncludes(all[1]!.note!, "--workers=4");
  assertEquals(all[3]!.note, "1 of 4 workers to begin with, because memory may not hold more");
  assertEquals(
    startNumbers(bounds, undefined, 1).note,
    "1 of 2 workers to begin with, because memory may not hold more",
  );
});

Deno.test("400 MiB are set aside for each worker to begin with, and there is one at least", () => {
  const freeMib = [0, 399, 400, 799, 800, 24_000];
  assertEquals(freeMib.map((mib) => fittingAtFirst(mib * 2 ** 20)), [1, 1, 1, 1, 2, 60]);
  assertEquals(fittingAtFirst("unknown"), Infinity);
});
