import { assertEquals } from "@std/assert";
import { duration, orderText } from "../../src/wording/order_words.ts";

Deno.test("a time span has its two largest units", () => {
  for (
    const [ms, text] of [
      [0, "0 s"],
      [45_000, "45 s"],
      [60_000, "1 min"],
      [545_000, "9 min 5 s"],
      [7_500_000, "2 h 5 min"],
      [273_600_000, "3 d 4 h"],
      [-5, "0 s"],
    ] as const
  ) assertEquals(duration(ms), text);
});

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
