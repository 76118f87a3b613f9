import { assertEquals } from "@std/assert";
import { minimumBound } from "../../../src/core/bounds/minimum.ts";
import type { Memory } from "../../../src/core/sample.ts";
import { Driver, workers } from "../autoscaler_driver.ts";
import { load, sample } from "../samples.ts";
import { bounds, MIB } from "./bounds_scene.ts";

/** A control group of our own. */
const group = (limitMib: number, usedMib: number, changes: Partial<Memory> = {}): Memory => ({
  limitBytes: limitMib * MIB,
  usedBytes: usedMib * MIB,
  workerBytes: 150 * MIB,
  own: { limitBytes: limitMib * MIB, usedBytes: usedMib * MIB },
  ...changes,
});
const FRESH = { workerBytes: 400 * MIB, isAssumed: true, reservedBytes: 370 * MIB };
const fits = (memory: Memory, counts = workers(1), target = 1) =>
  minimumBound(sample(0, { memory, workers: counts }), counts, target)?.workers;

Deno.test("of the minimum there is what memory holds without being full, and no worker is removed", () => {
  assertEquals(fits(group(256, 195)), 1);
  assertEquals([375, 376].map((limitMib) => fits(group(limitMib, 195))), [1, 2]); // 0.95 x 376 - 195 - 6 = 156.2
  assertEquals(fits(group(512, 195)), 2);
  assertEquals(fits(group(512, 600), workers(2), 2), 2);
  assertEquals(fits(group(345, 195, { own: "unknown" })), 2); // beside neighbours no room for exits
});

Deno.test("workers that boot or have not served are about to take what the heaviest has", () => {
  assertEquals([539, 541].map((limitMib) => fits(group(limitMib, 195), workers(1, 1), 2)), [2, 3]); // 513.9 - 195 - 150 - 12
  assertEquals(fits(group(512, 195, { reservedBytes: 160 * MIB })), 1);
  assertEquals(fits(group(512, 195, { stalledShare: 0.2 })), 1);
});

Deno.test("before a worker can be weighed 400 MiB are set aside for each", () => {
  const unweighed = { workerBytes: "unknown", reservedBytes: "unknown" } as const;
  assertEquals(fits(group(512, 50, unweighed), workers(0, 1)), 1);
  assertEquals(fits(group(910, 50, unweighed), workers(0, 1)), 2);
  // No worker is seen yet.
  const unseen = sample(0, { memory: group(910, 50, unweighed), workers: "unknown" });
  assertEquals(minimumBound(unseen, workers(1), 1)?.workers, 2);
  // Those that serve cannot be weighed at all.
  assertEquals(fits(group(256, 50, unweighed), workers(1)), undefined);
});

Deno.test("while workers fail to boot there is no growth to the minimum", () => {
  const gate = { failures: 1, retryAtMs: 10_500 };
  assertEquals(bounds({}, { gate, target: 1 }).min, 1);
  assertEquals(bounds({}, { target: 1 }).min, 2);
});

Deno.test("a small memory begins with one worker, and the minimum comes once that has served, if it fits", () => {
  const unweighed = { workerBytes: "unknown", reservedBytes: "unknown" } as const;
  const ends = ([256, 512] as const).map((limitMib) => {
    const empty = group(limitMib, 45, unweighed);
    const driver = new Driver({ minWorkers: 2 }, 1, { memory: empty, workers: "unknown" });
    const boots = {
      workers: workers(0, 1),
      memory: group(limitMib, 60, { workerBytes: "unknown" }),
      queue: 3,
    };
    assertEquals(driver.run(20, boots).target, 1, "no growth beyond what boots, whatever waits");
    const waits = driver.run(20, { workers: workers(1), memory: group(limitMib, 195, FRESH) });
    assertEquals([waits.target, waits.reason.code, waits.bounds.short?.minimum], [1, "minimum-short", 2]);
    const served = { workers: workers(1), memory: group(limitMib, 195, { reservedBytes: 0 }) };
    return [driver.run(5, served), driver.step(served), driver.run(10, served)].map((
      { reason, target },
    ) => [reason.code, target]);
  });
  assertEquals(ends, [
    [["minimum-short", 1], ["minimum-short", 1], ["minimum-short", 1]],
    [["minimum-short", 1], ["below-minimum", 2], ["steady", 2]],
  ]);
});

Deno.test("load beyond the minimum names memory as its bound", () => {
  const memory = group(256, 195, { reservedBytes: 0 });
  const driver = new Driver({ minWorkers: 2 }, 1, { memory });
  const decision = driver.run(100, {
    workers: workers(1),
    memory,
    load: load({ inFlight: 1, inFlightMs: 100, busyMs: 100, started: 4, finished: 4, serviceMs: 400 }),
    queue: 9,
  });
  assertEquals([decision.target, decision.reason.code, decision.wanted > 2], [1, "at-bound", true]);
});

Deno.test("a kill before the minimum has ever served lowers it at once", () => {
  const driver = new Driver({ minWorkers: 2 }, 1, { workers: workers(0, 1) });
  const after = (ready: number, booting: number, oomKills: number) =>
    driver.step({
      workers: workers(ready, booting),
      memory: group(1000, 195, { oomKills, reservedBytes: 0 }),
    });
  for (let i = 0; i < 6; i++) after(1, 0, 0);
  assertEquals(after(1, 1, 0).target, 2);
  const killed = after(1, 1, 1);
  assertEquals([killed.reason.code, killed.target, after(1, 0, 1).target], ["oom-kill", 1, 1]);
});

Deno.test("the memory of a worker that has died, and is counted still, is no room for another", () => {
  const full = { workers: workers(1), memory: group(256, 195, { reservedBytes: 0 }) };
  const driver = new Driver({ minWorkers: 2 }, 1, full);
  driver.run(10, full);
  driver.run(5, { ...full, memory: group(256, 45, { reservedBytes: 0 }) });
  assertEquals(driver.run(20, full).target, 1);
});
