/** The number to begin with: kept until load has come for a hold, or for a minute. */
import { assert, assertEquals } from "@std/assert";
import { keptForMs, nextStart, notStarted } from "../../../src/core/policy/start_hold.ts";
import { DEFAULT_POLICY } from "../../../src/core/policy_settings.ts";
import { Driver, finished, workers } from "../autoscaler_driver.ts";
import { load, sample } from "../samples.ts";

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

Deno.test("from the first load on it is kept for a hold", () => {
  for (
    const request of [{ load: load({ started: 6 }) }, { load: "unknown", statsd: finished(6, 20) }] as const
  ) {
    for (const idleMs of [DEFAULT_POLICY.idleMs, 1_000]) {
      const driver = new Driver({ idleMs }, 6, READY);
      driver.run(200, READY);
      driver.step({ ...READY, ...request });
      const afterMs = shrinksAfterMs(driver);
      assert(afterMs >= idleMs - 100 && afterMs <= idleMs + 500, `${afterMs} ms`);
    }
  }
});

Deno.test("a maximum below the number to begin with holds", () => {
  assertEquals(new Driver({ maxWorkers: 4 }, 6, READY).step(READY).target, 4);
});

Deno.test("workers that were added to the number to begin with are removed", () => {
  const grown = new Driver({}, 4, READY);
  grown.step({ ...READY, queue: 40 });
  assertEquals(grown.run(200, READY).target, 4);
});

Deno.test("health checks are no load: three balancers each four seconds, or one a second", () => {
  for (const [ticks, started] of [[40, 3], [10, 1]] as const) {
    const driver = new Driver({}, 6, READY);
    for (let tick = 0; tick < 590; tick++) {
      const requests = tick % ticks === 0 ? started : 0;
      const { target } = driver.step({ ...READY, load: load({ started: requests, finished: requests }) });
      assertEquals(target, 6, `tick ${tick}`);
    }
  }
});

Deno.test("two requests a second are load after six seconds", () => {
  let start = nextStart(notStarted(2), sample(0), 2);
  for (let ms = 500; start.loadAtMs === undefined && ms < 60_000; ms += 500) {
    start = nextStart(start, { ...sample(ms), elapsedMs: 500, load: load({ started: 1 }) }, 2);
  }
  assertEquals(start.loadAtMs, 5_500);
});

/** How much longer two workers are kept that are ready at 0 s, with a hold of 3 s. */
const kept = (nowMs: number, loadAtMs: number | undefined) =>
  keptForMs({ ...notStarted(2), readyAtMs: 0, loadAtMs }, nowMs, 3_000);

Deno.test("before workers are ready they are kept for a minute more", () => {
  assertEquals(keptForMs(notStarted(2), 0, 3_000), 60_000);
});

Deno.test("without load they are kept for the rest of the minute", () => {
  assertEquals(kept(20_000, undefined), 40_000);
});

Deno.test("after the first load they are kept for the rest of the hold", () => {
  assertEquals(kept(21_000, 20_000), 2_000);
});

Deno.test("a first load late in the minute keeps them no longer than the minute", () => {
  assertEquals(kept(60_500, 59_000), 0);
});

Deno.test("the minute begins with the first worker that is ready", () => {
  assertEquals(nextStart(notStarted(2), sample(5_000), 0).readyAtMs, undefined);
  assertEquals(nextStart(notStarted(2), sample(5_000), 1).readyAtMs, 5_000);
});

Deno.test("where requests cannot be counted none has come", () => {
  assertEquals(nextStart(notStarted(2), sample(5_000, { load: "unknown" }), 1).hasRequests, false);
});
