import { assert, assertEquals, assertLessOrEqual, assertMatch, assertNotMatch } from "@std/assert";
import { sparkline, squeezed } from "../../../src/status/terminal/sparkline.ts";
import { statusReport } from "../../../src/status/status_report.ts";
import { colored, cut, plain, visibleLength } from "../../../src/status/terminal/terminal_style.ts";
import { decisionLine, terminalView } from "../../../src/status/terminal/terminal_view.ts";
import { sample } from "../../core/samples.ts";
import { boardOf, busySample, IDENTITY, LIVE_DETAILS, ticks, WALL_MS } from "../records.ts";

Deno.test("a sparkline reaches from 0 to the largest value and leaves a gap where nothing is known", () => {
  assertEquals(sparkline([0, 1, null, 4, 8], 10), "▁▂ ▅█");
  assertEquals(sparkline([0, 0], 10), "▁▁");
  assertEquals(sparkline([1, 2, 3], 2), "▆█");
  assertEquals(sparkline([1], 5, 10), "▂");
});

Deno.test("squeezed values keep their peaks, and the newest part is the last", () => {
  assertEquals(squeezed([1, 9, 2, 3, null, null], 6, 3), [9, 3, null]);
  assertEquals(squeezed([5, 1, 9, 2, 3], 4, 2), [9, 3]);
  assertEquals(squeezed([1, 2], 100, 10), [1, 2]);
});

Deno.test("a cut line is as wide as it may be, colours not counted", () => {
  assertEquals(cut("abcdef", 4), "abc…");
  assertEquals(cut("abc", 4), "abc");
  const line = cut(`${colored("red", "abc")}${colored("bold", "defgh")}`, 6);
  assertEquals(visibleLength(line), 6);
  assertMatch(line, /abc.*de…/);
});

function screen(paint = plain, width = 100): string {
  const board = boardOf([
    ...ticks(0, 2, (nowMs) => sample(nowMs)),
    ...ticks(2_000, 3, (nowMs) => busySample(nowMs, 5, 100, 6)),
  ]);
  const report = statusReport(board, LIVE_DETAILS, IDENTITY, WALL_MS + 5_000, 50)!;
  return terminalView(report, board.history(), paint, width).join("\n");
}

Deno.test("one screen says what runs, how many workers, why, the load and the last decisions", () => {
  const text = screen();
  for (
    const part of [
      /^shop:app +gunicorn 27\.0\.1, sync workers +pid 42, up 6 s$/m,
      /^● scaling automatically$/m,
      /^Workers .*2 ready of \d/m,
      /^Allowed +2 to \d+ +.*the maximum allows 8/m,
      /^Why +\S/m,
      /^Requests +50\/s +[▁▂▃▄▅▆▇█ ]+ +30 of 150 failed$/m,
      /^Waiting +6 /m,
      /^CPU +1\.00 .*of 2 cores/m,
      /^Memory +512 MiB .*of 1\.0 GiB, 40 MiB a worker$/m,
      /● probe .*○ statsd/,
      /^100 +ready +1 min 5 s +50 % +1 +12 +0\.25 +40 MiB$/m,
      /^ +\d+ s ago {2}▲ 2 → \d .*grow from 2 to/m,
    ]
  ) assertMatch(text, part);
});

Deno.test("no line is wider than the terminal, with colours or without", () => {
  for (const width of [60, 80, 100, 140]) {
    for (const paint of [plain, colored]) {
      for (const line of screen(paint, width).split("\n")) {
        assertLessOrEqual(visibleLength(line), width, line);
      }
    }
  }
  assertMatch(screen(plain, 80), /MEMORY$/m); // the table of the workers is whole on the usual terminal
  // deno-lint-ignore no-control-regex
  assertNotMatch(screen(plain), /\x1b/);
  // deno-lint-ignore no-control-regex
  assertMatch(screen(colored), /\x1b\[/);
});

Deno.test("what is not known is a dash and not a 0", () => {
  const blind = ticks(
    0,
    2,
    (nowMs) => sample(nowMs, { workers: "unknown", load: "unknown", queue: "unknown" }),
  );
  const board = boardOf(blind);
  const live = { ...LIVE_DETAILS, workers: [], gunicorn: "unknown" as const };
  const text = terminalView(
    statusReport(board, live, IDENTITY, WALL_MS + 2_000, 50)!,
    board.history(),
    plain,
    100,
  ).join("\n");
  assertMatch(text, /– ready of 2/);
  assertMatch(text, /failures not known/);
  assertMatch(text, /^Waiting +–/m);
  assertMatch(text, /gunicorn has no worker/);
  assertMatch(text, /^CPU +– .*cannot be read/m);
});

Deno.test("memory that is assumed for a worker until one has served is not shown as a worker's", () => {
  const assumed = (nowMs: number) => {
    const memory = { limitBytes: 2 ** 30, usedBytes: 2 ** 29, workerBytes: 400 * 2 ** 20, isAssumed: true };
    return sample(nowMs, { memory });
  };
  const board = boardOf(ticks(0, 2, assumed));
  const report = statusReport(board, LIVE_DETAILS, IDENTITY, WALL_MS + 2_000, 50)!;
  const text = terminalView(report, board.history(), plain, 100).join("\n");
  assertMatch(text, /^Memory +512 MiB .*of 1\.0 GiB$/m);
  assertEquals(report.memory, {
    usedBytes: 2 ** 29,
    limitBytes: 2 ** 30,
    workerBytes: 400 * 2 ** 20,
    isAssumed: true,
    share: 0.9,
  });
});

Deno.test("a decision shows when, what changed and the sentence, wrapped under itself", () => {
  const lines = decisionLine(
    {
      id: 1,
      at: new Date(WALL_MS).toISOString(),
      action: "shrink",
      from: 8,
      to: 3,
      wanted: 3,
      reason: "quiet",
      text: "at most 3 workers wanted for 3.0 s at 11 requests/s, 20 % busy: shrink from 8 to 3 workers",
    },
    WALL_MS + 75_000,
    plain,
    80,
  );
  assertEquals(lines.length, 2);
  assertMatch(lines[0]!, /^ +1 min 15 s ago {2}▼ 8 → 3 +at most 3/);
  assert(lines[1]!.startsWith(" ".repeat(29)));
});
