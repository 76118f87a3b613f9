import { assertEquals } from "@std/assert";
import { bucketOf, BUCKETS, total } from "../../src/core/histogram.ts";
import { StatsdWindow } from "../../src/sensors/statsd_window.ts";

Deno.test("A StatsD window adds up requests and durations, and starts empty after it was taken", () => {
  const window = new StatsdWindow();
  window.requests(1);
  window.requests(2.5);
  window.duration(10, 1);
  window.duration(100, 4);

  const taken = window.take();
  assertEquals(taken.requests, 3.5);
  assertEquals(taken.durationCount, 5);
  assertEquals(taken.durationSumMs, 410);
  assertEquals(taken.durations[bucketOf(10)], 1);
  assertEquals(taken.durations[bucketOf(100)], 4);

  const next = window.take();
  assertEquals(next.requests, 0);
  assertEquals(next.durationCount, 0);
  assertEquals(next.durationSumMs, 0);
  assertEquals(total(next.durations), 0);
  assertEquals(next.durations.length, BUCKETS);
  assertEquals(total(taken.durations), 5, "what was taken is not changed by the next window");
});

Deno.test("The workers gauge is unknown until told, follows relative values, and is never negative", () => {
  const window = new StatsdWindow();
  assertEquals(window.workersGauge, "unknown");
  window.workers(2, true);
  assertEquals(window.workersGauge, 2);
  window.workers(6, false);
  window.workers(-1, true);
  assertEquals(window.workersGauge, 5);
  window.workers(-9, true);
  assertEquals(window.workersGauge, 0);
  for (let i = 0; i < 3; i++) window.workers(100_000, true);
  assertEquals(window.workersGauge, 100_000);
});

Deno.test("A StatsD window counts the lines taken and the malformed ones from the start on", () => {
  const window = new StatsdWindow();
  assertEquals(window.takenLines, 0);
  window.requests(1);
  window.duration(1, 1);
  window.malformed();
  window.take();
  assertEquals(window.takenLines, 2);
  assertEquals(window.malformedLines, 1);
});
