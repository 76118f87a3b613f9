import { assertEquals } from "@std/assert";
import { DEFAULT_POLICY } from "../../../src/core/policy_settings.ts";
import {
  AUTOMATIC,
  standingAt,
  type StandingOrder,
  withinBounds,
} from "../../../src/core/policy/standing_order.ts";

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
