import { assertEquals } from "@std/assert";
import { DEFAULT_POLICY } from "../../src/core/policy_settings.ts";
import type { Decision } from "../../src/core/reason.ts";
import { SleepLog } from "../../src/supervisor/sleep_log.ts";
import type { Load, Maybe, SleepReading } from "../../src/core/sample.ts";
import { load, sample } from "../core/samples.ts";
import { collectedLog } from "../support/collected_log.ts";

const SLEEPY = { ...DEFAULT_POLICY, sleepAfterMs: 60_000 };

const STEADY = { reason: { code: "steady" } } as Decision;

function logged(readings: readonly (SleepReading | undefined)[], settings = SLEEPY): string[] {
  const { log, lines } = collectedLog();
  const sleepLog = new SleepLog();
  for (const sleep of readings) sleepLog.note(sample(0, { sleep }), STEADY, settings, log);
  return lines;
}

const woken = (wakes: number, firstAnswerMs: SleepReading["firstAnswerMs"]): SleepReading => ({
  isPossible: true,
  hasForkServer: true,
  wakes,
  firstAnswerMs,
});

Deno.test("the first answer after each sleep is a line, once", () => {
  const readings = [
    undefined,
    woken(0, "unknown"),
    woken(1, "unknown"),
    woken(1, 31.4),
    woken(1, 31.4),
    woken(2, "unknown"),
    woken(2, 1_200),
  ];
  assertEquals(logged(readings), [
    "first answer 31 ms after the request that ended the sleep",
    "first answer 1.2 s after the request that ended the sleep",
  ]);
});

Deno.test("that there can be no sleep is logged once, and only with a sleep setting", () => {
  const readings = Array(3).fill({
    isPossible: false,
    hasForkServer: false,
    wakes: 0,
    firstAnswerMs: "unknown",
  });
  assertEquals(logged(readings).length, 1);
  assertEquals(logged(readings, DEFAULT_POLICY), []);
});

Deno.test("that the fork server stops too is logged once for each sleep", () => {
  const { log, lines } = collectedLog();
  const sleepLog = new SleepLog();
  const asleep = (isDeep: boolean) =>
    ({ reason: { code: "asleep", quietMs: 60_000, forMs: 1, isDeep } }) as Decision;
  const settings = { ...SLEEPY, deepSleepAfterMs: 120_000 };
  for (const decision of [STEADY, asleep(false), asleep(true), asleep(true), STEADY, asleep(true)]) {
    sleepLog.note(sample(0, { sleep: woken(0, "unknown") }), decision, settings, log);
  }
  assertEquals(lines.length, 2);
});

Deno.test("what keeps it awake because it is unknown is a warning after ten seconds, once", () => {
  const { log, lines } = collectedLog();
  const sleepLog = new SleepLog();
  const sleep = woken(0, "unknown");
  for (let nowMs = 0; nowMs < 9_900; nowMs += 100) {
    sleepLog.note(sample(nowMs, { sleep, queue: "unknown" }), STEADY, SLEEPY, log);
  }
  assertEquals(lines, []);
  for (let nowMs = 9_900; nowMs < 20_000; nowMs += 100) {
    sleepLog.note(sample(nowMs, { sleep, queue: "unknown" }), STEADY, SLEEPY, log);
  }
  assertEquals(lines, ["Cannot sleep: the accept queue cannot be read, set sleep-after=0"]);
});

const ASLEEP = { reason: { code: "asleep", quietMs: 60_000, forMs: 0, isDeep: false }, action: "shrink" };

/** What is logged of sleeps, each ended by a connection that brings these loads, one a tick. */
function loggedOf(...wakes: readonly (readonly Maybe<Load>[])[]): string[] {
  const { log, lines } = collectedLog();
  const sleepLog = new SleepLog();
  const note = (sleep: SleepReading, load: Maybe<Load>, decision: Decision) =>
    sleepLog.note(sample(0, { sleep, load }), decision, SLEEPY, log);
  note(woken(0, "unknown"), load(), ASLEEP as Decision);
  for (const [i, loads] of wakes.entries()) {
    const sleep = woken(i + 1, "unknown");
    for (const one of loads) note(sleep, one, STEADY);
    note(sleep, load(), ASLEEP as Decision);
  }
  return lines;
}

Deno.test("a connection without a request that ends a sleep is a warning, once", () => {
  const lines = loggedOf(["unknown", load(), load()], ["unknown", load()]);
  assertEquals(lines.length, 1);
  assertEquals(lines[0]!.startsWith("woken by a connection without a request"), true, lines[0]);
});

Deno.test("a sleep that a request has ended, or may have, is no warning", () => {
  for (const one of [load({ started: 1 }), load({ finished: 1 }), load({ inFlight: 1 })]) {
    assertEquals(loggedOf(["unknown", one, load()]), []);
  }
  assertEquals(loggedOf(["unknown", load(), "unknown", load()]), [], "that of a worker that has ended");
});
