import { assertEquals } from "@std/assert";
import { orderText } from "../../src/wording/order_words.ts";

Deno.test("an order says who gave it and how long it lasts", () => {
  const pin = { kind: "pinned", workers: 6 } as const;
  assertEquals(orderText({ order: { kind: "auto" }, untilMs: Infinity }, 0), "scaling automatically");
  assertEquals(orderText({ order: { kind: "paused" }, untilMs: Infinity }, 0), "paused by hand");
  assertEquals(orderText({ order: pin, untilMs: Infinity }, 0), "pinned at 6 workers by hand");
  assertEquals(
    orderText({ order: pin, untilMs: 600_000 }, 20_000),
    "pinned at 6 workers by hand, 9 min 40 s left",
  );
});
