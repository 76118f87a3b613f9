/** What async workers are sized by, beside their loops (see event_loops_test.ts). */
import { assert, assertEquals, assertGreater } from "@std/assert";
import type { Tick } from "../../../src/core/history.ts";
import { ticks } from "../ticks.ts";
import { asked, computing, CPU, demand, jump, requests, type Scene, SETTINGS } from "./demand_scenes.ts";

const { targetConcPerWorker } = SETTINGS;
const inFlight = (n: number): Scene => ({
  always: { ...requests(1, 0), occupiedMs: n * 100 },
  kind: "uvicorn",
});

Deno.test("concurrency: requests in flight by the worker", () => {
  // The lower estimate is a little below the mean, so four workers carry exactly four workers' worth.
  assertEquals(asked(inFlight(4 * targetConcPerWorker), "concurrency"), 4);
  assertEquals(asked(inFlight(8 * targetConcPerWorker), "concurrency"), 8);
});

Deno.test("concurrency: slots are no measure of async workers", () => {
  assertEquals(asked(inFlight(targetConcPerWorker), "load"), 0);
});

Deno.test("cpu: an async worker is one core at most, and is not planned to be all of it", () => {
  for (const cores of [0.5, 0.99, 2, 3.5, 6]) {
    const workers = asked(computing(cores, "uvicorn"), "cpu");
    assert(workers >= cores / 0.9 && workers <= Math.ceil(cores / 0.5), `${workers} for ${cores} cores`);
  }
});

Deno.test("cpu: no worker is asked for because of a rounding error", () => {
  // 2.1 / 0.7 is a little more than 3 in floating point.
  assertEquals(asked(computing(2.1, "uvicorn"), "cpu"), 3);
});

Deno.test("cpu: nothing where it cannot be read", () => {
  assertEquals(asked(computing(6, "uvicorn", { sample: {} }), "cpu"), 0);
});

Deno.test("cpu: nothing until the last growth shows in averages", () => {
  const after = (sinceUpMs: number) => asked(computing(3, "uvicorn", { input: { sinceUpMs } }), "cpu");
  // The burst window, and a boot of 40 ms.
  assertEquals(after(SETTINGS.burstWindowMs + 39), 0);
  assertGreater(after(SETTINGS.burstWindowMs + 40), 0);
});

Deno.test("cpu: nothing while workers boot", () => {
  const counts = { target: 3, ready: 2, booting: 1, draining: 0, oldestBootMs: 10 };
  assertEquals(asked(computing(3, "uvicorn", { input: { counts } }), "cpu"), 0);
});

Deno.test("burst: workers for what it has in flight", () => {
  // 10 requests a tick of 2 s each: 200 in flight by now, without any CPU.
  const { wanted } = demand(
    jump("uvicorn", 2_000, { recent: Array<Partial<Tick>>(10).fill(requests(10, 2_000)) }),
  );
  assert(wanted > 130 / targetConcPerWorker && wanted <= 200 / targetConcPerWorker, `${wanted}`);
});

Deno.test("burst: not for what arrived and is not in flight", () => {
  const arriving = { ...requests(10, 2_000), occupiedMs: 2_500 };
  const scene = jump("uvicorn", 2_000, { recent: Array<Partial<Tick>>(12).fill(arriving) });
  assertEquals(asked(scene, "burst"), 1);
});

Deno.test("burst: workers for the CPU that its arrivals need", () => {
  // Each computes for 40 ms: 100 a second are 4 cores.
  const busy = (n: number) => ({ ...requests(n, 50), cpuMs: 40 * n });
  const { by, wanted } = demand(jump("uvicorn", 50, {
    always: busy(0.5),
    recent: Array<Partial<Tick>>(5).fill(busy(10)),
    sample: { cpu: CPU },
  }));
  assertEquals(by, "burst");
  assert(wanted >= 4 && wanted <= 7, `${wanted}`);
});

Deno.test("queue: async workers accept at once, so it asks for nothing", () => {
  const always = { ...requests(2, 100), queuedMs: 2_000 };
  assertEquals(asked({ kind: "uvicorn", always, sample: { queue: 20 } }, "queue"), 0);
});

/** So many connections in the accept queue during ten seconds. */
const blocked = (queued: number, rest: Partial<Scene> = {}) =>
  asked(
    { kind: "uvicorn", always: { queuedMs: 100 * queued }, sample: { queue: Math.ceil(queued) }, ...rest },
    "blocked-loop",
  );

Deno.test("blocked loop: two connections that are not accepted ask for one worker more", () => {
  assertEquals(blocked(1), 0);
  assertEquals(blocked(2), 3);
  assertEquals(blocked(5, { input: { target: 7 } }), 8);
});

Deno.test("blocked loop: one connection that waits now is enough where two did on average", () => {
  assertEquals(blocked(3, { sample: { queue: 1 } }), 3);
});

Deno.test("blocked loop: nothing when the queue is gone by now, or not known", () => {
  assertEquals(blocked(5, { sample: { queue: 0 } }), 0);
  assertEquals(blocked(5, { sample: { queue: "unknown" } }), 0);
});

Deno.test("blocked loop: nothing while the last growth settles", () => {
  assertEquals(blocked(5, { input: { sinceUpMs: 500 } }), 0);
});

Deno.test("blocked loop: nothing for a sync worker", () => {
  assertEquals(blocked(5, { kind: "sync" }), 0);
});

Deno.test("blocked loop: half a second of it is enough, less is not", () => {
  const after = (tickCount: number) => {
    const history = ticks(Array.from({ length: tickCount }, () => ({ queuedMs: 500 })));
    return asked({ kind: "uvicorn", sample: { queue: 5 }, input: { history } }, "blocked-loop");
  };
  assertEquals(after(4), 0);
  assertEquals(after(5), 3);
});

/** Two workers whose requests block for 200 ms, five a second. */
const BLOCKING: Partial<Tick> = {
  ...requests(0.5, 200),
  servingMs: 100,
  loopTicks: 2,
  loopLateTicks: 0.5,
  loopLateMs: 50,
  loopBusyMs: 100,
};
const waiting = (queued: number, rest: Partial<Tick> = {}) =>
  asked(
    { kind: "uvicorn", slots: 1_000, always: { ...BLOCKING, ...rest }, sample: { queue: queued } },
    "queue",
  );

Deno.test("queue: before blocked loops a slot for each that waits too long, beside the loops for the load", () => {
  assertEquals([0, 1, 2, 6].map((queued) => waiting(queued)), [0, 0, 3 + 2, 3 + 6]);
});

Deno.test("queue: nothing where loops compute, or wait for a CPU", () => {
  assertEquals([{ cpuMs: 60 }, { cpuWaitMs: 60 }].map((busy) => waiting(6, busy)), [0, 0]);
});

Deno.test("queue: nothing for loops that look blocked only until their CPU is read", () => {
  const after = (tickCount: number) =>
    asked({
      kind: "uvicorn",
      slots: 1_000,
      recent: Array<Partial<Tick>>(tickCount).fill(BLOCKING),
      sample: { queue: 6 },
    }, "queue");
  assertEquals(after(20), 0);
  assertGreater(after(40), 0);
});

/** Four loops of ten busy for 200 ms at a time; late by `lateMs` on average. */
const busyLoops = (lateMs: number): Partial<Tick> => ({
  ...requests(2, 200),
  servingMs: 1_000,
  loopTicks: 10,
  loopLateTicks: 4,
  loopLateMs: 4 * lateMs,
  loopBusyMs: 400,
});
const uvicorn = (before: Partial<Tick>, last3s: Partial<Tick>): Scene => ({
  kind: "uvicorn",
  slots: 1_000,
  always: before,
  recent: Array<Partial<Tick>>(30).fill(last3s),
  input: { sinceUpMs: 500 },
});

Deno.test("loop: of both windows the one with fewer busy loops counts", () => {
  const busy = asked(uvicorn(busyLoops(100), busyLoops(100)), "loop");
  assertGreater(busy, 4);
  assertEquals(asked(uvicorn(busyLoops(100), requests(2, 200)), "loop"), 0);
  assertEquals(asked(uvicorn({}, busyLoops(100)), "loop") < busy, true);
});

Deno.test("loop: where requests wait too long for loops the latest window counts", () => {
  assertEquals(
    asked(uvicorn({}, busyLoops(600)), "loop"),
    asked(uvicorn(busyLoops(600), busyLoops(600)), "loop"),
  );
});

Deno.test("enough: with room for more requests in flight", () => {
  const { wanted, enough } = demand(inFlight(4 * targetConcPerWorker));
  assertEquals(wanted, 4);
  assertEquals(enough, 5);
});
