import { assert, assertAlmostEquals, assertEquals, assertGreater, assertLess } from "@std/assert";
import { KEPT_DECISIONS } from "../../src/status/decision_list.ts";
import { KEPT_POINTS } from "../../src/status/series.ts";
import { explain } from "../../src/wording/reasons.ts";
import { statusReport } from "../../src/status/status_report.ts";
import { sample } from "../core/samples.ts";
import { boardOf, busySample, IDENTITY, LIVE_DETAILS, ticks, WALL_MS } from "./records.ts";

const idle = (seconds: number) => ticks(0, seconds, (nowMs) => sample(nowMs));
const burst = ticks(2_000, 3, (nowMs) => busySample(nowMs, 5, 100, 6));

Deno.test("a second of ticks becomes one point of the charts", () => {
  const board = boardOf([...idle(2), ...burst]);
  const history = board.history();
  assertEquals(history.at.length, 5);
  assertEquals(history.rps, [0, 0, 50, 50, 50]);
  assertEquals(history.failedRps.at(-1), 10);
  assertEquals(history.arrivingRps[0], 0);
  assertGreater(history.arrivingRps.at(-1)!, 30);
  assertEquals(history.queue, [0, 0, 6, 6, 6]);
  assertEquals(history.p95Ms[0], null);
  assertAlmostEquals(history.p95Ms[3]!, 100, 25);
  assertAlmostEquals(history.waitP95Ms[3]!, 10, 3);
  assertEquals(history.workerBytes[0], null);
  assertEquals(history.usedBytes.at(-1), 2 ** 29);
});

Deno.test("of a second the longest queue is kept: a short one is what people look for", () => {
  const board = boardOf(ticks(0, 1, (nowMs) => busySample(nowMs, 1, 50, nowMs === 500 ? 9 : 1)));
  assertEquals(board.history().queue, [9]);
});

Deno.test("the charts keep ten minutes and no more", () => {
  const board = boardOf(idle(700));
  assertEquals(board.history().at.length, KEPT_POINTS);
  assertEquals(board.history().at.at(-1), WALL_MS + 700_000);
});

Deno.test("a wall clock that is set back stops no chart", () => {
  const board = boardOf(idle(2));
  for (const nowMs of [2_000, 3_000]) {
    const tick = { ...board.record!, sample: { ...sample(nowMs), elapsedMs: 1_000 } };
    board.note(tick, [], WALL_MS - 3_600_000 + nowMs);
  }
  assertEquals(board.history().at.map((at) => at - WALL_MS), [1_000, 2_000, 3_000, 4_000]);
});

Deno.test("decisions are kept in the words of the log, numbered, and the oldest go", () => {
  const board = boardOf([...idle(2), ...burst]);
  const [first] = board.decisions.last(1_000);
  assertEquals(first!.id, 1);
  assertEquals(first!.action, "grow");
  assert(first!.text.includes(`grow from 2 to ${first!.to} workers`), first!.text);
  for (let i = 0; i < 500; i++) board.decisions.add(board.record!.decision, `line ${i}`, WALL_MS);
  const kept = board.decisions.last(1_000);
  assertEquals(kept.length, KEPT_DECISIONS);
  assertEquals(kept.at(-1)!.text, "line 499");
  assertEquals(board.decisions.count, kept.at(-1)!.id);
});

Deno.test("a clock that is set makes the time since the start no other", () => {
  for (const setMs of [-3_600_000, 1e12]) {
    const report = statusReport(boardOf(idle(2)), LIVE_DETAILS, IDENTITY, WALL_MS + setMs, 5)!;
    assertEquals(report.uptimeSeconds, 3);
  }
});

Deno.test("the report has the words of explain, and demand, bounds and signals with their age", () => {
  const samples = [...idle(2), ...burst];
  // The probe goes silent for the last second.
  const silent = ticks(5_000, 1, (nowMs) => ({ ...busySample(nowMs, 0, 0), load: "unknown" as const }));
  const board = boardOf([...samples, ...silent]);
  const report = statusReport(board, LIVE_DETAILS, IDENTITY, WALL_MS + 6_000, 5)!;
  assertEquals(report.decision.text, explain(board.record!.decision, 300));
  assertEquals(report.uptimeSeconds, 7);
  assertEquals(report.target, board.record!.decision.target);
  assertEquals(report.bounds.min, 2);
  assertEquals(report.bounds.max, 8);
  const ages = Object.fromEntries(report.signals.map(({ name, ageSeconds }) => [name, ageSeconds]));
  assertEquals(ages, { probe: 1, "accept-queue": 0, statsd: "unknown", cpu: 0, memory: 0 });
  assertEquals(report.workers.list, LIVE_DETAILS.workers);
  assertEquals(report.order, { kind: "auto", text: "scaling automatically" });
});

Deno.test("a pin is shown with the time that is left", () => {
  const pin = { order: { kind: "pinned", workers: 4 }, untilMs: 62_000 } as const;
  const report = statusReport(boardOf(idle(2), pin), LIVE_DETAILS, IDENTITY, WALL_MS + 2_000, 5)!;
  assertEquals(report.order, {
    kind: "pinned",
    text: "pinned at 4 workers by hand, 1 min left",
    secondsLeft: 60,
  });
  assertEquals(report.target, 4);
});

Deno.test("a command since the last tick is shown at once", () => {
  const paused = { order: { kind: "paused" }, untilMs: Infinity } as const;
  const report = statusReport(boardOf(idle(1)), LIVE_DETAILS, IDENTITY, WALL_MS + 1_000, 5, paused)!;
  assertEquals(report.order, { kind: "paused", text: "paused by hand" });
});

Deno.test("saturation is what the load asks for over the most that bounds allow", () => {
  const board = boardOf([...idle(2), ...ticks(2_000, 3, (nowMs) => busySample(nowMs, 20, 100, 20))]);
  const saturation = board.saturation;
  assert(saturation !== "unknown");
  assertGreater(saturation, 1);
  assertAlmostEquals(saturation, board.record!.decision.wanted / 8);
  const blind = boardOf(ticks(0, 1, (nowMs) => sample(nowMs, { load: "unknown", queue: "unknown" })));
  assertEquals(blind.saturation, "unknown");
});

Deno.test("ready means a ready worker, alive means a loop that ticks", () => {
  const none = sample(100, {
    workers: { target: 2, ready: 0, booting: 2, draining: 0, oldestBootMs: 50 },
  });
  assertEquals(boardOf([none]).isReady, false);
  const board = boardOf(idle(1));
  assertEquals(board.isReady, true);
  const { nowMs } = board.record!.sample;
  assertEquals([5_000, 60_000].map((ms) => board.isAlive(nowMs + ms, 100)), [true, false]);
  assertEquals([65_000, 71_000].map((ms) => board.isAlive(nowMs + ms, 60_000)), [true, false]);
});

Deno.test("a worker's busy share is that of about the last second, not of one tick", () => {
  const board = boardOf(idle(1));
  for (let i = 0; i < 5; i++) board.busy.note([{ pid: 7, busyShare: i % 2 }], 100);
  const share = board.busy.of(7)!;
  assertGreater(share, 0.05);
  assertLess(share, 0.5);
  board.busy.note([], 100);
  assertEquals(board.busy.of(7), undefined);
});
