import { assert, assertEquals, assertGreater } from "@std/assert";
import type { WorkerCounts } from "../../../src/core/sample.ts";
import { queueWorkers } from "../../../src/core/demand/queue.ts";
import { load, sample } from "../samples.ts";
import { ticks } from "../ticks.ts";

interface Scene {
  readonly queued: number;
  /** Requests that come in each of the last ten ticks of 100 ms. */
  readonly perTick: number;
  /** Requests that come in each tick, where they are not the same. */
  readonly arrivals?: readonly number[];
  readonly ready?: number;
  readonly booting?: number;
  readonly oldestBootMs?: number;
  readonly bootMs?: number;
  readonly slots?: number;
  readonly steady?: number;
  readonly burst?: number;
  readonly occupiedMs?: number;
  readonly ends?: number;
  /** What a request may wait. */
  readonly waitMs?: number;
}

/** What the queue asks for: requests of 60 ms that may wait 240 ms, unless a scene says otherwise. */
function asks(scene: Scene): number {
  const { queued, perTick, ready = 2, booting = 0, oldestBootMs = 0, bootMs = 40, slots = 1 } = scene;
  const counts: WorkerCounts = { target: ready + booting, ready, booting, draining: 0, oldestBootMs };
  const { occupiedMs = 0, ends = perTick, waitMs = 240 } = scene;
  const { arrivals = Array<number>(10).fill(perTick) } = scene;
  const history = ticks(
    arrivals.map((came) => ({ arrivals: came, started: ends, finished: ends, occupiedMs })),
  );
  const goal = { serviceMs: 60, variation: 0, waitMs, lateShare: 0.03, utilization: 0.85 };
  const input = {
    sample: sample(1_000, { queue: queued, model: { kind: "sync", slots } }),
    history,
    counts,
    bootMs,
  };
  return queueWorkers(input, goal, scene.steady ?? 3, scene.burst ?? 0);
}

Deno.test("no request waits: no worker is wanted", () => assertEquals(asks({ queued: 0, perTick: 9 }), 0));

Deno.test("a queue that shrinks by itself wants no worker", () => {
  assertEquals(asks({ queued: 3, perTick: 3 }), 0);
});

Deno.test("a queue that will be too long by the time a worker helps asks for what serves it in time", () => {
  // 60 requests/s on 33 a second: 9.4 wait in 240 ms. 3 erlangs, and 3 * 60 / 240 for those that wait.
  assertEquals(asks({ queued: 3, perTick: 6 }), 4);
  assertEquals(asks({ queued: 8, perTick: 6 }), 5);
});

Deno.test("a waiting request needs a slot at most, however short the wait may be", () => {
  assertEquals(asks({ queued: 5, perTick: 3, waitMs: 10, bootMs: 5 }), 8);
  assertEquals(asks({ queued: 5, perTick: 3, waitMs: 10, bootMs: 40 }), 8);
});

Deno.test("what counts is the queue two ticks after a boot from now", () => {
  // 1 and 0.0267 * 240: 7.4 wait then, the last for 222 ms. Another tick later it would be too many.
  assertEquals(asks({ queued: 1, perTick: 6 }), 0);
  assertEquals(asks({ queued: 2, perTick: 6 }), 4);
});

Deno.test("what comes is taken over the last second", () => {
  const rest = Array<number>(10).fill(0);
  assertEquals(asks({ queued: 3, perTick: 6, arrivals: [...rest, ...Array<number>(10).fill(6)] }), 4);
});

Deno.test("a rate that has just risen counts after three ticks, less what chance may have brought", () => {
  const before = Array<number>(7).fill(3);
  // 27 in 300 ms, 5.2 of them by chance: 73 a second come for sure, where 48 did on average.
  assertEquals(asks({ queued: 1, perTick: 3, arrivals: [...before, 9, 9, 9] }), 4);
  // 18, 4.2 of them by chance: 46 a second.
  assertEquals(asks({ queued: 2, perTick: 3, arrivals: [...before, 6, 6, 6] }), 0);
});

Deno.test("a queue that is too long already asks, however little comes", () => {
  // The last of 9 waits 9 * 60 / 2 = 270 ms.
  assertEquals(asks({ queued: 9, perTick: 0, steady: 0 }), 3);
  assertEquals(asks({ queued: 8, perTick: 0, steady: 0 }), 0);
});

Deno.test("threads count as servers, and workers are asked for, not threads", () => {
  assertEquals(asks({ queued: 9, perTick: 6, slots: 4 }), 0);
  assertEquals(asks({ queued: 40, perTick: 6, slots: 4 }), 4); // (3 + 10) / 4
});

Deno.test("while workers boot that may still help in time nothing more is asked for", () => {
  assertEquals(asks({ queued: 12, perTick: 6, booting: 1, oldestBootMs: 70 }), 0);
  assertEquals(asks({ queued: 12, perTick: 6, booting: 1, oldestBootMs: 81 }), 6);
});

Deno.test("requests that hang do not finish: slots that stay occupied show that the queue does not move", () => {
  // Two workers that have been occupied for a second, nothing begins or ends in it.
  assertEquals(asks({ queued: 1, perTick: 0, steady: 2 }), 0);
  assertEquals(asks({ queued: 1, perTick: 0, steady: 2, occupiedMs: 200, ends: 0 }), 3);
});

Deno.test("with long boots workers are for the queue that will have come by then, the burst beside it", () => {
  // 40 requests/s on 33: 10 + 0.0067 * 2200 = 24.7 wait after the boot; 2.4 erlangs and 24.7 * 60 / 2000.
  assertEquals(asks({ queued: 10, perTick: 4, bootMs: 2_000, steady: 1, burst: 2.4 }), 4);
  // Half way through it there is less to come.
  assertEquals(
    asks({ queued: 10, perTick: 4, bootMs: 2_000, steady: 1, burst: 2.4, booting: 2, oldestBootMs: 1_000 }),
    3,
  );
});

Deno.test("what waits inside workers counts like the kernel's queue", () => {
  const counts: WorkerCounts = { target: 2, ready: 2, booting: 0, draining: 0, oldestBootMs: 0 };
  const goal = { serviceMs: 60, variation: 0, waitMs: 240, lateShare: 0.03, utilization: 0.85 };
  const input = {
    sample: sample(1_000, { queue: 5, load: load({ innerQueue: 4 }) }),
    history: ticks([{}]),
    counts,
    bootMs: 40,
  };
  assertEquals(queueWorkers(input, goal, 0, 0), 3);
});

Deno.test("requests that hang: one that has held a slot for 600 ms is enough", () => {
  // The next waits 600 / 2 = 300 ms behind two workers.
  assertGreater(asks({ queued: 1, perTick: 0, steady: 1, occupiedMs: 60, ends: 0 }), 0);
  assertEquals(asks({ queued: 1, perTick: 0, steady: 1, occupiedMs: 40, ends: 0 }), 0);
});

Deno.test("workers whose boot time is not known get a second to help", () => {
  const booting = { queued: 12, perTick: 6, booting: 1, bootMs: 0 };
  assertEquals(asks({ ...booting, oldestBootMs: 999 }), 0);
  assertGreater(asks({ ...booting, oldestBootMs: 1_000 }), 0);
});

Deno.test("workers whose boot is known get twice that time, however short", () => {
  const booting = { queued: 12, perTick: 6, booting: 1, bootMs: 1 };
  assertEquals(asks({ ...booting, oldestBootMs: 1 }), 0);
  assertGreater(asks({ ...booting, oldestBootMs: 2 }), 0);
});

Deno.test("with no worker ready the queue is counted as if there were one", () => {
  assertEquals(asks({ queued: 4, perTick: 0, steady: 0, ready: 0 }), 0); // 4 * 60 = 240
  assertEquals(asks({ queued: 5, perTick: 0, steady: 0, ready: 0 }), 2);
});

Deno.test("a boot that takes as long as a request may wait is in time, a longer one is not", () => {
  const scene = { queued: 12, perTick: 6, booting: 1, oldestBootMs: 10 };
  assertEquals(asks({ ...scene, bootMs: 240 }), 0);
  assertGreater(asks({ ...scene, bootMs: 241 }), 0);
});

Deno.test("booting workers serve what waits now only where they boot in time", () => {
  // 9 wait: 270 ms behind two workers, 135 behind four. Two that boot have had their chance.
  const scene = { queued: 9, perTick: 0, steady: 0, booting: 2 };
  assertEquals(asks({ ...scene, bootMs: 40, oldestBootMs: 81 }), 0);
  assertGreater(asks({ ...scene, bootMs: 2_000, oldestBootMs: 1_000 }), 0);
});

Deno.test("a queue that grows asks before it is too long, the sooner the longer workers boot", () => {
  const least = (bootMs: number) => {
    let queued = 1;
    while (asks({ queued, perTick: 4, bootMs }) === 0) queued++;
    return queued;
  };
  const [quick, slow] = [least(10), least(230)];
  assert(slow < quick && quick < 9, `at ${slow} with slow boots, at ${quick} with quick ones`);
  // Half way through their boot the lead is shorter.
  assert(asks({ queued: slow, perTick: 4, bootMs: 230, oldestBootMs: 230 }) === 0);
});

Deno.test("a rise of the last ticks counts before the second's mean knows of it, chance apart", () => {
  const asked = (recent: number) => {
    const history = ticks([...Array<number>(7).fill(1), ...Array<number>(3).fill(recent)].map((n) => ({
      arrivals: n,
    })));
    const counts: WorkerCounts = { target: 2, ready: 2, booting: 0, draining: 0, oldestBootMs: 0 };
    const goal = { serviceMs: 60, variation: 0, waitMs: 240, lateShare: 0.03, utilization: 0.85 };
    return queueWorkers({ sample: sample(1_000, { queue: 4 }), history, counts, bootMs: 40 }, goal, 1, 0);
  };
  assertEquals(asked(1), 0);
  assertEquals(asked(5), 0); // 15 in 300 ms less 4 by chance are 37 a second: hardly more than is served
  assertEquals(asked(12), 2);
});
