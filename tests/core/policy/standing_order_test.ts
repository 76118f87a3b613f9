import { assertEquals } from "@std/assert";
import { DEFAULT_POLICY } from "../../../src/core/policy_settings.ts";
import {
  AUTOMATIC,
  standingAt,
  type StandingOrder,
  withinBounds,
} from "../../../src/core/policy/standing_order.ts";

const pinned: StandingOrder = { order: { kind: "pinned", workers: 4 }, untilMs: 5_000 };

Deno.test("an order stands until its end", () => assertEquals(standingAt(pinned, 4_999), pinned));

Deno.test("scaling is automatic from an order's end on", () => {
  assertEquals(standingAt(pinned, 5_000), AUTOMATIC);
});

Deno.test("an order without an end stands", () => {
  const forever: StandingOrder = { order: { kind: "paused" }, untilMs: Infinity };
  assertEquals(standingAt(forever, 1e12), forever);
});

const SETTINGS = { ...DEFAULT_POLICY, minWorkers: 3, maxWorkers: 6 };
const pin = (workers: number) => withinBounds({ kind: "pinned", workers }, SETTINGS);

Deno.test("a pinned count below the minimum is the minimum", () => {
  assertEquals(pin(1), { kind: "pinned", workers: 3 });
});

Deno.test("a pinned count above the maximum is the maximum", () => {
  assertEquals(pin(9), { kind: "pinned", workers: 6 });
});

Deno.test("a pinned count between them is kept", () => {
  assertEquals(pin(3), { kind: "pinned", workers: 3 });
  assertEquals(pin(5), { kind: "pinned", workers: 5 });
});

Deno.test("bounds change no pause", () => {
  assertEquals(withinBounds({ kind: "paused" }, SETTINGS), { kind: "paused" });
});
