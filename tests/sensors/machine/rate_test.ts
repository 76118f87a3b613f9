import { assertEquals } from "@std/assert";
import { Rate } from "../../../src/sensors/machine/rate.ts";

Deno.test("A rate needs two readings", () => {
  const rate = new Rate(1000);
  assertEquals([rate.perMs, rate.spanMs, rate.readAtMs], [0, 0, -Infinity]);
  rate.note(5, 100);
  assertEquals([rate.perMs, rate.spanMs, rate.readAtMs], [0, 0, 100]);
  rate.note(7, 100);
  assertEquals(rate.perMs, 0, "two readings at one moment are one");
});

Deno.test("A rate is the growth over its window, not over all time", () => {
  const rate = new Rate(1000);
  for (let ms = 0; ms <= 5000; ms += 100) rate.note(ms < 4000 ? 2 * ms : 8000, ms);
  assertEquals([rate.perMs, rate.spanMs], [0, 1000]);
  rate.note(8300, 5100);
  assertEquals(Math.round(rate.perMs * 1000), 300);
});

Deno.test("With readings far apart the last two count", () => {
  const rate = new Rate(1000);
  for (const [total, ms] of [[0, 0], [10, 5000], [70, 10_000]] as const) rate.note(total, ms);
  assertEquals([rate.perMs * 1000, rate.spanMs], [12, 5000]);
});

Deno.test("A counter that went back starts anew", () => {
  const rate = new Rate(1000);
  rate.note(1000, 0);
  rate.note(10, 100);
  assertEquals([rate.perMs, rate.spanMs], [0, 0]);
  rate.note(20, 200);
  assertEquals(rate.perMs, 0.1);
});
