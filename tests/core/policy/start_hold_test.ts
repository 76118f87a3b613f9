/** The number to begin with: kept until requests have come for a hold, or for a minute. */
import { assert, assertEquals } from "@std/assert";
import { keptForMs, notStarted } from "../../../src/core/policy/start_hold.ts";
import { Driver, finished, workers } from "../autoscaler_driver.ts";
import { load } from "../samples.ts";

const READY = { workers: workers(6) } as const;
const BOOTING = { workers: workers(0, 6) } as const;

/** Ms until the first shrink. */
function shrinksAfterMs(driver: Driver, changes = {}): number {
  for (let ms = 100; ms <= 200_000; ms += 100) {
    if (driver.step({ ...READY, ...changes }).action === "shrink") return ms;
  }
  return Infinity;
}

Deno.test("without a request the number to begin with is kept for a minute from ready", () => {
  const driver = new Driver({}, 6, BOOTING);
  driver.run(100, BOOTING); // 10 s of booting do not count
  const afterMs = shrinksAfterMs(driver);
  assert(afterMs >= 59_900 && afterMs <= 60_200, `${afterMs} ms`);
});

Deno.test("the decision says how much longer the number to begin with is kept", () => {
  const driver = new Driver({}, 6, READY);
  driver.run(100, READY);
  const reason = driver.step(READY).reason;
  assert(
    reason.code === "start-hold" && reason.forMs > 49_000 && reason.forMs <= 50_000,
    JSON.stringify(reason),
  );
});

Deno.test("from the first request on it is kept for a hold", () => {
  for (
    const request of [{ load: load({ started: 1 }) }, { load: "unknown", statsd: finished(1, 20) }] as const
  ) {
    const driver = new Driver({}, 6, READY);
    driver.run(200, READY);
    driver.step({ ...READY, ...request });
    const afterMs = shrinksAfterMs(driver);
    assert(afterMs >= 900 && afterMs <= 1_500, `${afterMs} ms`);
  }
});

Deno.test("only the number to start with is kept: added workers are removed, and a lower maximum holds", () => {
  const lower = new Driver({ maxWorkers: 4 }, 6, READY);
  assertEquals(lower.step(READY).target, 4);
  const grown = new Driver({}, 4, READY);
  grown.step({ ...READY, queue: 40 });
  assertEquals(grown.run(200, READY).target, 4);
});

Deno.test("example: a hold of 3 s, ready at 0 s, the first request at 20 s", () => {
  assertEquals(keptForMs(notStarted(2), 0, 3_000), 60_000);
  assertEquals(keptForMs({ workers: 2, readyAtMs: 0, requestAtMs: undefined }, 20_000, 3_000), 40_000);
  assertEquals(keptForMs({ workers: 2, readyAtMs: 0, requestAtMs: 20_000 }, 21_000, 3_000), 2_000);
  assertEquals(keptForMs({ workers: 2, readyAtMs: 0, requestAtMs: 59_000 }, 60_500, 3_000), 0);
});
