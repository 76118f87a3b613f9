import { assertEquals } from "@std/assert";
import type { Decision } from "../../src/core/reason.ts";
import { DecisionLog } from "../../src/wording/decision_log.ts";

const configured = { workers: 12, why: { code: "configured" } } as const;

function decision(nowMs: number, changes: Partial<Decision> = {}): Decision {
  return {
    nowMs,
    action: "hold",
    current: 2,
    target: 2,
    wanted: 2,
    reason: { code: "steady" },
    limitedBy: "unknown",
    demand: "unknown",
    bounds: { min: 2, max: configured, all: [configured] },
    ...changes,
  };
}

/** The times at which a state that holds on from `fromMs` to `toMs` is said. */
function said(log: DecisionLog, fromMs: number, toMs: number, changes: Partial<Decision>): number[] {
  const times: number[] = [];
  for (let nowMs = fromMs; nowMs < toMs; nowMs += 100) {
    if (log.lineFor(decision(nowMs, changes)) !== undefined) times.push(nowMs);
  }
  return times;
}

Deno.test("every change is a line", () => {
  const log = new DecisionLog(() => 300);
  const grow = { action: "grow", target: 5, reason: { code: "asked", by: "load" } } as const;
  assertEquals(said(log, 0, 300, grow), [0, 100, 200]);
});

Deno.test("that all is well is no line", () => {
  const log = new DecisionLog(() => 300);
  assertEquals(said(log, 0, 100_000, {}), []);
  assertEquals(said(log, 100_000, 200_000, { reason: { code: "holding", forMs: 1 } }), []);
});

Deno.test("a noteworthy state is logged after a second, and again after five minutes", () => {
  const log = new DecisionLog(() => 300);
  assertEquals(said(log, 0, 700_000, { reason: { code: "slow-not-starved" } }), [1_000, 301_000, 601_000]);
});

Deno.test("a state that comes and goes is not logged each time", () => {
  const log = new DecisionLog(() => 300);
  const times: number[] = [];
  for (let nowMs = 0; nowMs < 100_000; nowMs += 5_000) {
    times.push(...said(log, nowMs, nowMs + 2_500, { reason: { code: "slow-not-starved" } }));
    said(log, nowMs + 2_500, nowMs + 5_000, {});
  }
  assertEquals(times, [1_000]);
});

Deno.test("a state that changes from tick to tick is not logged", () => {
  const log = new DecisionLog(() => 300);
  let lines = 0;
  for (let nowMs = 0; nowMs < 60_000; nowMs += 200) {
    if (log.lineFor(decision(nowMs, { reason: { code: "slow-not-starved" } })) !== undefined) lines++;
    if (log.lineFor(decision(nowMs + 100)) !== undefined) lines++;
  }
  assertEquals(lines, 0);
});

Deno.test("that nothing can be read is a warning after 8 s, with what to do", () => {
  const log = new DecisionLog(() => 300);
  const blind = { reason: { code: "no-data" } } as const;
  assertEquals(said(log, 0, 8_000, blind), []);
  const line = log.lineFor(decision(8_000, blind));
  assertEquals([line?.level, line?.text.includes("--statsd-addr")], ["warn", true]);
});

Deno.test("that there is no worker is a warning after two minutes: an import in gunicorn's master may take one", () => {
  const log = new DecisionLog(() => 300);
  const without = { reason: { code: "no-workers" } } as const;
  assertEquals(said(log, 0, 120_000, without), []);
  assertEquals(log.lineFor(decision(120_000, without))?.level, "warn");
});

Deno.test("a minimum that does not fit is a warning; one that waits for the first answer is no line", () => {
  const short = (isAssumed: boolean) => {
    const why = { code: "memory", usedBytes: 195, limitBytes: 256, workerBytes: 150 } as const;
    const bound = { workers: 1, why: { ...why, ...(isAssumed ? { isAssumed } : {}) } };
    const changes = { reason: { code: "minimum-short", minimum: 2, bound } as const, current: 1, target: 1 };
    const log = new DecisionLog(() => 300);
    return [0, 1_000, 2_000].map((nowMs) => log.lineFor(decision(nowMs, changes))?.level);
  };
  assertEquals(short(false), [undefined, "warn", undefined]);
  assertEquals(short(true), [undefined, undefined, undefined]);
});
