import { assertEquals, assertGreater, assertLess } from "@std/assert";
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
});

Deno.test("the more requests wait, the more workers are asked for", () => {
  assertEquals(asks({ queued: 8, perTick: 6 }), 5); // 3 erlangs, and 8 * 60 / 240
});

Deno.test("a waiting request needs a slot at most, however short the wait may be", () => {
  assertEquals(asks({ queued: 5, perTick: 3, waitMs: 10, bootMs: 5 }), 8);
});

Deno.test("a waiting request needs a slot at most, also when a boot takes longer than it may wait", () => {
  assertEquals(asks({ queued: 5, perTick: 3, waitMs: 10, bootMs: 40 }), 8);
});

Deno.test("a queue that is short enough two ticks after a boot from now asks for nothing", () => {
  // 1 and 0.0267 * 240: 7.4 wait then, the last for 222 ms. Another tick later it would be too many.
  assertEquals(asks({ queued: 1, perTick: 6 }), 0);
});

Deno.test("a queue that is too long two ticks after a boot from now asks", () => {
  assertEquals(asks({ queued: 2, perTick: 6 }), 4); // 8.4 wait then, the last for 252 ms
});

Deno.test("what comes is taken over the last second", () => {
  const rest = Array<number>(10).fill(0);
  assertEquals(asks({ queued: 3, perTick: 6, arrivals: [...rest, ...Array<number>(10).fill(6)] }), 4);
});

Deno.test("a rate that has just risen counts after three ticks", () => {
  // 27 in 300 ms, 5.2 of them by chance: 73 a second come for sure, where 48 did on average.
  assertEquals(asks({ queued: 1, perTick: 3, arrivals: [...Array<number>(7).fill(3), 9, 9, 9] }), 4);
});

Deno.test("a rise of three ticks that may be chance does not count", () => {
  // 18 in 300 ms, 4.2 of them by chance: 46 a second.
  assertEquals(asks({ queued: 2, perTick: 3, arrivals: [...Array<number>(7).fill(3), 6, 6, 6] }), 0);
});

Deno.test("a queue that is too long already asks, however little comes", () => {
  assertEquals(asks({ queued: 9, perTick: 0, steady: 0 }), 3); // the last waits 9 * 60 / 2 = 270 ms
});

Deno.test("a queue whose last request waits just as long as it may asks for nothing", () => {
  assertEquals(asks({ queued: 8, perTick: 0, steady: 0 }), 0); // 8 * 60 / 2 = 240 ms
});

Deno.test("threads count as servers", () => {
  assertEquals(asks({ queued: 9, perTick: 6, slots: 4 }), 0);
});

Deno.test("workers are asked for, not threads", () => {
  assertEquals(asks({ queued: 40, perTick: 6, slots: 4 }), 4); // (3 + 10) / 4
});

Deno.test("while workers boot that may still help in time nothing more is asked for", () => {
  assertEquals(asks({ queued: 12, perTick: 6, booting: 1, oldestBootMs: 70 }), 0);
});

Deno.test("workers that have booted for more than twice the usual time hold nothing up", () => {
  assertEquals(asks({ queued: 12, perTick: 6, booting: 1, oldestBootMs: 81 }), 6);
});

Deno.test("slots that stay occupied while nothing finishes show that the queue does not move", () => {
  // Two workers that have been occupied for a second, nothing begins or ends in it.
  assertEquals(asks({ queued: 1, perTick: 0, steady: 2, occupiedMs: 200, ends: 0 }), 3);
});

Deno.test("a request that waits before idle workers asks for nothing", () => {
  assertEquals(asks({ queued: 1, perTick: 0, steady: 2 }), 0);
});

/** A burst of 2.4 erlangs, and workers that boot for 2 s. */
const LONG_BOOT: Scene = { queued: 10, perTick: 4, bootMs: 2_000, steady: 1, burst: 2.4 };

Deno.test("with long boots workers are for the queue that will have come by then, the burst beside it", () => {
  // 40 requests/s on 33: 10 + 0.0067 * 2200 = 24.7 wait after the boot; 2.4 erlangs and 24.7 * 60 / 2000.
  assertEquals(asks(LONG_BOOT), 4);
});

Deno.test("half way through a long boot there is less to come", () => {
  assertEquals(asks({ ...LONG_BOOT, booting: 2, oldestBootMs: 1_000 }), 3);
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

Deno.test("a request that has held a slot for 600 ms shows that requests hang", () => {
  // The next waits 600 / 2 = 300 ms behind two workers.
  assertGreater(asks({ queued: 1, perTick: 0, steady: 1, occupiedMs: 60, ends: 0 }), 0);
});

Deno.test("a request that has held a slot for 400 ms does not hang yet", () => {
  assertEquals(asks({ queued: 1, perTick: 0, steady: 1, occupiedMs: 40, ends: 0 }), 0);
});

/** A worker boots while the queue is too long. */
const BOOTING: Scene = { queued: 12, perTick: 6, booting: 1 };

Deno.test("workers whose boot time is not known get a second to help", () => {
  assertEquals(asks({ ...BOOTING, bootMs: 0, oldestBootMs: 999 }), 0);
  assertGreater(asks({ ...BOOTING, bootMs: 0, oldestBootMs: 1_000 }), 0);
});

Deno.test("workers whose boot is known get twice that time, however short", () => {
  assertEquals(asks({ ...BOOTING, bootMs: 1, oldestBootMs: 1 }), 0);
  assertGreater(asks({ ...BOOTING, bootMs: 1, oldestBootMs: 2 }), 0);
});

Deno.test("with no worker ready the queue is counted as if there were one", () => {
  assertEquals(asks({ queued: 4, perTick: 0, steady: 0, ready: 0 }), 0); // 4 * 60 = 240
  assertEquals(asks({ queued: 5, perTick: 0, steady: 0, ready: 0 }), 2);
});

Deno.test("a boot that takes as long as a request may wait is in time", () => {
  assertEquals(asks({ ...BOOTING, oldestBootMs: 10, bootMs: 240 }), 0);
});

Deno.test("a boot that takes longer than a request may wait is too late", () => {
  assertGreater(asks({ ...BOOTING, oldestBootMs: 10, bootMs: 241 }), 0);
});

// 9 wait: 270 ms behind two workers, 135 behind four. Two that boot have had their time.
Deno.test("workers that boot in time serve what waits now", () => {
  assertEquals(asks({ queued: 9, perTick: 0, steady: 0, booting: 2, bootMs: 40, oldestBootMs: 81 }), 0);
});

Deno.test("workers that boot too late do not serve what waits now", () => {
  const scene = { queued: 9, perTick: 0, steady: 0, booting: 2 };
  assertGreater(asks({ ...scene, bootMs: 2_000, oldestBootMs: 1_000 }), 0);
});

/** The shortest queue that asks, when 40 requests a second come. */
function leastThatAsks(bootMs: number): number {
  let queued = 1;
  while (asks({ queued, perTick: 4, bootMs }) === 0) queued++;
  return queued;
}

Deno.test("a queue that grows asks before it is too long", () => assertLess(leastThatAsks(10), 9));

Deno.test("a queue that grows asks the sooner the longer workers boot", () => {
  assertLess(leastThatAsks(230), leastThatAsks(10));
});

Deno.test("half way through a boot a queue that grows may be longer", () => {
  assertEquals(asks({ queued: leastThatAsks(230), perTick: 4, bootMs: 230, oldestBootMs: 230 }), 0);
});

/** What four waiting requests ask for, when so many came in each of the last three ticks and one in each before. */
function asksAfterRise(recent: number): number {
  const arrivals = [...Array<number>(7).fill(1), ...Array<number>(3).fill(recent)];
  return asks({ queued: 4, perTick: 0, arrivals, steady: 1 });
}

Deno.test("a rise of the last ticks counts before the mean of the second shows it", () => {
  assertEquals(asksAfterRise(12), 2);
});

Deno.test("a small rise of the last ticks is hardly more than is served", () => {
  assertEquals(asksAfterRise(5), 0); // 15 in 300 ms less 4 by chance are 37 a second
});

Deno.test("without a rise of the last ticks the same queue asks for nothing", () => {
  assertEquals(asksAfterRise(1), 0);
});
