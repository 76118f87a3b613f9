import { assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import type { Sample } from "../../src/core/sample.ts";
import { metricsText } from "../../src/status/metrics/metrics_text.ts";
import { statusReport } from "../../src/status/status_report.ts";
import { plain } from "../../src/status/terminal/terminal_style.ts";
import { terminalView } from "../../src/status/terminal/terminal_view.ts";
import { sample } from "../core/samples.ts";
import { boardOf, IDENTITY, LIVE_DETAILS, SETTINGS, ticks, WALL_MS } from "./records.ts";

const NONE = { target: 0, ready: 0, booting: 0, draining: 0, oldestBootMs: 0 };
const sleep = { isPossible: true, wakes: 0, hasForkServer: false, firstAnswerMs: "unknown" } as const;
const SLEEPY = { ...SETTINGS, sleepAfterMs: 5_000 };

/** Awake for 5.1 s, asleep for 10 s, and woken, with an answer after 31 ms, where that is wanted. */
function night(isWoken: boolean) {
  const asleep = (nowMs: number): Sample =>
    sample(nowMs, { workers: NONE, load: "unknown", cpu: "unknown", sleep });
  const answered = { ...sleep, wakes: 1, firstAnswerMs: 31 };
  return boardOf(
    [
      ...ticks(0, 5.2, (nowMs) => sample(nowMs, { sleep })),
      ...ticks(5_200, 10, asleep),
      ...(isWoken ? ticks(15_200, 1, (nowMs) => sample(nowMs, { sleep: answered })) : []),
    ],
    undefined,
    SLEEPY,
  );
}

const told = (board: ReturnType<typeof night>) => {
  const report = statusReport(board, LIVE_DETAILS, IDENTITY, WALL_MS + 15_200, 5)!;
  const metrics = metricsText({
    board,
    record: board.record!,
    live: LIVE_DETAILS,
    identity: IDENTITY,
    server: { eventStreams: 0, droppedFrames: 0 },
  });
  return { report, metrics, screen: terminalView(report, board.history(), plain, 100).join("\n") };
};

Deno.test("asleep: ready, no saturation, nothing missed, and since when", () => {
  const board = night(false);
  const { report, metrics, screen } = told(board);
  assertEquals([board.isReady, board.saturation], [true, 0]);
  assertEquals(report.sleep.asleepSince, "2026-01-01T00:00:05.100Z");
  assertEquals(report.sleep.text, "asleep since 2026-01-01 00:00 UTC; not woken yet");
  assertEquals(report.sleep.depth, "deep");
  assertMatch(screen, /^Sleep +asleep since/m);
  assertNotMatch(screen, /no signal can be read|probe \d|s old/);
  assertMatch(screen, /^CPU +– .*no workers$/m);
  const ages = new Map(report.signals.map(({ name, ageSeconds }) => [name, ageSeconds]));
  assertEquals((["probe", "accept-queue", "cpu"] as const).map((name) => ages.get(name)), [0, 0, 0]);
  assertMatch(metrics, /^gunicorn_autoscaler_asleep 1$/m);
  assertMatch(metrics, /^gunicorn_autoscaler_saturation_ratio 0$/m);
  assertMatch(metrics, /^gunicorn_autoscaler_wake_ups_total 0$/m);
});

Deno.test("woken: how often, and how soon the first answer was", () => {
  const { report, metrics } = told(night(true));
  assertEquals(report.sleep, {
    asleepSince: "unknown",
    depth: "unknown",
    wakeUps: 1,
    lastFirstAnswerSeconds: 0.031,
    text: "awake; sleeps after 5 s without a request; woken once, first answer after 31 ms",
  });
  assertMatch(metrics, /^gunicorn_autoscaler_asleep 0$/m);
  assertMatch(metrics, /^gunicorn_autoscaler_wake_ups_total 1$/m);
  assertMatch(metrics, /^gunicorn_autoscaler_wake_up_first_answer_seconds_sum 0.031$/m);
});

Deno.test("without a sleep setting there is no sentence about it", () => {
  const { report, screen } = told(boardOf(ticks(0, 2, (nowMs) => sample(nowMs))));
  assertEquals(report.sleep.text, "");
  assertNotMatch(screen, /^Sleep/m);
});

Deno.test("while the first worker boots it stays ready, until one has failed to", () => {
  const waking = {
    workers: { ...NONE, target: 1, booting: 1 },
    load: "unknown",
    sleep: { ...sleep, wakes: 1 },
  } as const;
  const woken = (changes: Partial<Sample>) =>
    boardOf(
      [
        ...ticks(0, 5.2, (nowMs) => sample(nowMs, { sleep })),
        ...ticks(5_200, 1, (nowMs) => sample(nowMs, { workers: NONE, load: "unknown", sleep })),
        ...ticks(6_200, 3, (nowMs) => sample(nowMs, waking)),
        ...ticks(9_200, 0.1, (nowMs) => sample(nowMs, { ...waking, ...changes })),
      ],
      undefined,
      SLEEPY,
    ).isReady;
  assertEquals([woken({}), woken({ boots: { failures: 1, lastBootMs: 20 } })], [true, false]);
});
