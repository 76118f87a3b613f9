import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { shareThatWaits, shareThatWaitsLonger, workersFor } from "../../../src/core/demand/delay_formula.ts";

Deno.test("Erlang C agrees with published values", () => {
  // Textbook values: C(1, a) = a; C(2, 1) = 1/3; C(10, 8) = 0.409.
  assertAlmostEquals(shareThatWaits(1, 0.5), 0.5, 1e-9);
  assertAlmostEquals(shareThatWaits(2, 1), 1 / 3, 1e-9);
  assertAlmostEquals(shareThatWaits(10, 8), 0.4092, 1e-3);
});

Deno.test("all requests wait when the load is not below the servers, none without load", () => {
  assertEquals(shareThatWaits(3, 3), 1);
  assertEquals(shareThatWaits(3, 0), 0);
  assertEquals(shareThatWaitsLonger(3, 4, 100, 200), 1);
});

Deno.test("the longer the wait, the fewer wait that long", () => {
  let last = 1;
  for (const waitMs of [0, 50, 100, 200, 400]) {
    const share = shareThatWaitsLonger(8, 6, 100, waitMs);
    assert(share < last, `${share} at ${waitMs} ms`);
    last = share;
  }
});

const goal = { serviceMs: 100, variation: 1, waitMs: 200, lateShare: 0.01, utilization: 0.8 };

Deno.test("workers for a load", async (t) => {
  const cases: [erlangs: number, slots: number, workers: number][] = [
    [0, 1, 0],
    [0.1, 1, 2],
    [1, 1, 3],
    [6, 1, 8],
    [50, 1, 63], // here utilization is what binds
    [6, 4, 2],
  ];
  for (const [erlangs, slots, workers] of cases) {
    await t.step(`${erlangs} erlangs on workers of ${slots} slots need ${workers}`, () => {
      assertEquals(workersFor(erlangs, slots, goal), workers);
    });
  }
});

Deno.test("more load never needs fewer workers", () => {
  let last = 0;
  for (let erlangs = 0; erlangs < 40; erlangs += 0.05) {
    const workers = workersFor(erlangs, 1, goal);
    assert(workers >= last, `${workers} after ${last} at ${erlangs}`);
    last = workers;
  }
});

Deno.test("a load that is not known wants no worker", () => {
  assertEquals(workersFor(NaN, 1, goal), 0);
});

Deno.test("requests that all take the same wait half as long as those of exponential times", () => {
  const exponential = shareThatWaitsLonger(8, 6, 100, 100, 1);
  assertAlmostEquals(shareThatWaitsLonger(8, 6, 100, 50, 0), exponential, 1e-9);
  assert(shareThatWaitsLonger(8, 6, 100, 100, 2) > exponential);
});

Deno.test("the less service times vary, the fewer workers do", () => {
  const lax = { ...goal, lateShare: 0.03, utilization: 0.9 };
  assertEquals(workersFor(6, 1, { ...lax, variation: 0 }), 7);
  assertEquals(workersFor(6, 1, { ...lax, variation: 1 }), 8);
});

Deno.test("the share that waits longer agrees with the documented examples", () => {
  assertAlmostEquals(shareThatWaitsLonger(8, 6, 100, 0), 0.36, 0.005);
  assertAlmostEquals(shareThatWaitsLonger(8, 6, 100, 200), 0.007, 0.0005);
  assertAlmostEquals(shareThatWaitsLonger(7, 6, 100, 200), 0.083, 0.0005);
  assertAlmostEquals(shareThatWaitsLonger(7, 6, 100, 200, 0), 0.011, 0.0005);
});

Deno.test("with requests that take no time none waits longer, with a load of all servers all do", () => {
  assertEquals(shareThatWaitsLonger(8, 6, 0, 0), 0);
  assertEquals(shareThatWaitsLonger(6, 6, 100, 1e9), 1);
  assert(shareThatWaitsLonger(8, 6, 1, 0.1) > 0.1);
});

Deno.test("the workers found are the fewest that meet the goal", () => {
  for (const slots of [1, 4]) {
    for (let erlangs = 0.3; erlangs < 30; erlangs += 0.7) {
      const workers = workersFor(erlangs, slots, goal);
      const meets = (count: number) =>
        erlangs / (count * slots) <= goal.utilization &&
        shareThatWaitsLonger(count * slots, erlangs, goal.serviceMs, goal.waitMs, goal.variation) <=
          goal.lateShare;
      assert(meets(workers), `${workers} for ${erlangs}`);
      assert(workers === 1 || !meets(workers - 1), `${workers} for ${erlangs}`);
    }
  }
});

Deno.test("a load that just fits the utilization is carried by so many, rounding errors apart", () => {
  const patient = { ...goal, waitMs: 1e9, utilization: 0.7 };
  assertEquals(workersFor(2.1, 1, patient), 3); // 2.1 / 0.7 is a little more than 3 in floating point
  assertEquals(workersFor(0.0001, 1, patient), 1);
});
