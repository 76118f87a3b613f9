import { assertEquals } from "@std/assert";
import { History } from "../../src/core/history.ts";
import { DEFAULT_POLICY } from "../../src/core/policy_settings.ts";
import { AUTOMATIC, standingAt, type StandingOrder, withinBounds } from "../../src/core/standing_order.ts";

const pinned: StandingOrder = { order: { kind: "pinned", workers: 4 }, untilMs: 5_000 };

Deno.test("an order stands until its end and is automatic scaling from then on", () => {
  assertEquals(standingAt(pinned, 4_999), pinned);
  assertEquals(standingAt(pinned, 5_000), AUTOMATIC);
  const forever: StandingOrder = { order: { kind: "paused" }, untilMs: Infinity };
  assertEquals(standingAt(forever, 1e12), forever);
});

Deno.test("a pinned count stays within the minimum and the maximum of the moment", () => {
  const settings = { ...DEFAULT_POLICY, minWorkers: 3, maxWorkers: 6 };
  for (const [asked, got] of [[1, 3], [3, 3], [5, 5], [9, 6]] as const) {
    assertEquals(withinBounds({ kind: "pinned", workers: asked }, settings), {
      kind: "pinned",
      workers: got,
    });
  }
  assertEquals(withinBounds({ kind: "paused" }, settings), { kind: "paused" });
});

Deno.test("a history that is told to keep more does", () => {
  const history = new History(1_000);
  history.keepAtLeast(3_000);
  history.keepAtLeast(500);
  for (let nowMs = 100; nowMs <= 5_000; nowMs += 100) {
    history.push({
      nowMs,
      elapsedMs: 100,
      occupiedMs: 0,
      arrivals: 1,
      started: 0,
      finished: 0,
      serviceMs: 0,
      queuedMs: 0,
      workerMs: 0,
      cpuMs: 0,
      cpuWaitMs: 0,
      durations: undefined,
    });
  }
  assertEquals(history.sums(10_000).arrivals, 30);
});
