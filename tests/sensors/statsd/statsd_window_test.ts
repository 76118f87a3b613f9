import { assertEquals } from "@std/assert";
import { bucketOf, BUCKETS, total } from "../../../src/core/histogram.ts";
import { StatsdWindow } from "../../../src/sensors/statsd/statsd_window.ts";

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

Deno.test("A StatsD window counts malformed lines from the start on", () => {
  const window = new StatsdWindow();
  window.requests(1);
  window.malformed();
  window.take();
  window.malformed();
  assertEquals(window.malformedLines, 2);
});
