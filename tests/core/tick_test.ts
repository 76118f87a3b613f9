/** A sample as the sums of a tick: what is known and what is not. */
import { assertEquals } from "@std/assert";
import type { Cpu, Load, Sample } from "../../src/core/sample.ts";
import { endedIn, lastTick, NO_TICK, toTick } from "../../src/core/tick.ts";
import { finished } from "./autoscaler_driver.ts";
import { load, sample } from "./samples.ts";

/** The tick of 200 ms with two ready workers. */
const tickOf = (changes: Partial<Sample>) =>
  toTick(sample(1_000, { elapsedMs: 200, ...changes }), 2, NO_TICK);
const withLoad = (changes: Partial<Load>) => tickOf({ load: load(changes) });

Deno.test("requests that ended are those that the probe counted", () => {
  assertEquals(endedIn(sample(0, { load: load({ finished: 3, serviceMs: 90 }) })), {
    requests: 3,
    serviceMs: 90,
  });
});

Deno.test("without the probe requests that ended are those of which StatsD has the duration", () => {
  const seen = sample(0, {
    load: "unknown",
    statsd: { ...finished(3, 30), durationCount: 2, durationSumMs: 50 },
  });
  assertEquals(endedIn(seen), { requests: 2, serviceMs: 50 });
});

Deno.test("without the probe and StatsD none has ended", () => {
  assertEquals(endedIn(sample(0, { load: "unknown", statsd: "unknown" })), { requests: 0, serviceMs: 0 });
});

Deno.test("the next tick remembers what waited, who served, and busy threads", () => {
  const seen = sample(0, { queue: 3, load: load({ busyThreads: 4 }) });
  assertEquals(lastTick(seen, 2), { queued: 3, ready: 2, busyThreads: 4 });
});

Deno.test("without the probe no busy threads are remembered", () => {
  assertEquals(lastTick(sample(0, { load: "unknown" }), 2).busyThreads, 0);
});

Deno.test("what waits, waits for the whole tick", () => assertEquals(tickOf({ queue: 3 }).queuedMs, 600));

Deno.test("ready workers are there for the whole tick", () => assertEquals(tickOf({}).workerMs, 400));

const CPU: Cpu = {
  limitCores: 2,
  usedCores: 1.9,
  workerCores: 1.5,
  waitingCores: 0.5,
  throttledShare: 0,
  busiestWorkerCores: 1,
};

Deno.test("cores are CPU time and time in the run queue", () => {
  const { cpuMs, cpuWaitMs } = tickOf({ cpu: CPU });
  assertEquals([cpuMs, cpuWaitMs], [300, 100]);
});

Deno.test("cores that are not known are no time", () => {
  const { cpuMs, cpuWaitMs } = tickOf({ cpu: "unknown" });
  assertEquals([cpuMs, cpuWaitMs], [0, 0]);
  assertEquals(tickOf({ cpu: { ...CPU, waitingCores: "unknown" } }).cpuWaitMs, 0);
});

Deno.test("what event loops did is taken as it is", () => {
  const loop = { busyMs: 12, ticks: 13, lateTicks: 14, lateMs: 15 };
  const { loopBusyMs, loopTicks, loopLateTicks, loopLateMs } = withLoad({ loop });
  assertEquals([loopBusyMs, loopTicks, loopLateTicks, loopLateMs], [12, 13, 14, 15]);
});

Deno.test("event loops that are not known did nothing", () => {
  const { loopBusyMs, loopTicks, loopLateTicks, loopLateMs } = withLoad({ loop: "unknown" });
  assertEquals([loopBusyMs, loopTicks, loopLateTicks, loopLateMs], [0, 0, 0, 0]);
});

Deno.test("workers serve while they have a request", () => {
  assertEquals(withLoad({ busyMs: 70 }).servingMs, 70);
});

Deno.test("workers with an open websocket or event stream serve all the time", () => {
  assertEquals(withLoad({ busyMs: 70, websockets: 1 }).servingMs, 400);
  assertEquals(withLoad({ busyMs: 70, streams: 1 }).servingMs, 400);
});

Deno.test("without the probe it is not known when workers serve", () => {
  assertEquals(tickOf({ load: "unknown" }).servingMs, 0);
});
