import { assertEquals } from "@std/assert";
import { total } from "../../../src/core/histogram.ts";
import type { Load } from "../../../src/core/sample.ts";
import { ProbeSlots } from "../../../src/sensors/probe/probe_slots.ts";
import { bootOf, loadOf, SlotFolder } from "./shared_pages.ts";

const S = 1e9;

Deno.test("Deltas are what the counters grew by between two reads", () => {
  using folder = new SlotFolder();
  folder.add(11, {
    started: 100,
    finished: 100,
    busyNs: 2 * S,
    inFlightNs: 2 * S,
    serviceNs: 2 * S,
    lastChangeNs: 9 * S,
  });
  const slots = new ProbeSlots(folder.path);
  const first = loadOf(slots.read(10 * S));
  assertEquals([first.started, first.busyMs, first.inFlight], [0, 0, 0], "nothing to compare with yet");

  folder.set(11, {
    started: 103,
    finished: 102,
    failed: 1,
    inFlight: 1,
    busyNs: 2.03 * S,
    inFlightNs: 2.03 * S,
    serviceNs: 2.02 * S,
    lastChangeNs: 10.1 * S,
    serviceBuckets: 2,
    waitBuckets: 3,
  });
  const load = loadOf(slots.read(10.1 * S));
  assertEquals([load.started, load.finished, load.failed, load.inFlight], [3, 2, 1, 1]);
  assertEquals([Math.round(load.busyMs), Math.round(load.inFlightMs), Math.round(load.serviceMs)], [
    30,
    30,
    20,
  ]);
  assertEquals([load.service[0], total(load.service), load.wait[0], total(load.wait)], [2, 2, 3, 3]);
  assertEquals(load.coverage, 1);
  const again = loadOf(slots.read(10.1 * S));
  assertEquals([again.started, total(again.service)], [0, 0], "taken once");
  slots.close();
});

Deno.test("A worker stuck in one request is busy all the time, though nothing in its slot changes", () => {
  using folder = new SlotFolder();
  folder.add(11, { inFlight: 1, started: 1, lastChangeNs: 10 * S });
  const slots = new ProbeSlots(folder.path);
  slots.read(10.5 * S);
  for (let i = 1; i <= 5; i++) {
    const reading = slots.read((10.5 + i / 10) * S);
    assertEquals(Math.round(loadOf(reading).busyMs), 100);
    assertEquals(Math.round(loadOf(reading).inFlightMs), 100);
    assertEquals(Math.round(reading.workers[0]!.busyShare * 1000), 1000);
    assertEquals(Math.round(reading.workers[0]!.unchangedMs), 500 + 100 * i);
  }
  slots.close();
});

Deno.test("Time counted as open is not counted again when the request ends", () => {
  using folder = new SlotFolder();
  folder.add(11, { kind: 7, slots: 1000, inFlight: 2, started: 2, lastChangeNs: 10 * S });
  const slots = new ProbeSlots(folder.path);
  slots.read(10 * S);
  let inFlightMs = 0, busyMs = 0;
  const add = (load: Load) => {
    inFlightMs += load.inFlightMs;
    busyMs += load.busyMs;
  };
  add(loadOf(slots.read(10.1 * S)));
  // Both ended at 10.08 s; the worker stored that only after we had looked at 10.1 s.
  folder.set(11, {
    inFlight: 0,
    finished: 2,
    busyNs: 0.08 * S,
    inFlightNs: 0.16 * S,
    serviceNs: 0.16 * S,
    lastChangeNs: 10.08 * S,
  });
  add(loadOf(slots.read(10.2 * S)));
  folder.set(11, { inFlight: 1, started: 3, lastChangeNs: 10.2 * S });
  add(loadOf(slots.read(10.3 * S)));
  assertEquals([Math.round(inFlightMs), Math.round(busyMs)], [160 + 100, 80 + 100]);
  slots.close();
});

Deno.test("A worker forked since the last read is counted from its boot on", () => {
  using folder = new SlotFolder();
  folder.add(11);
  const slots = new ProbeSlots(folder.path);
  slots.read(10 * S);
  folder.add(12, {
    bootNs: 10.02 * S,
    readyNs: 10.05 * S,
    started: 4,
    finished: 4,
    busyNs: 0.04 * S,
    serviceBuckets: 4,
  });
  const load = loadOf(slots.read(10.1 * S));
  assertEquals([load.started, Math.round(load.busyMs), total(load.service)], [4, 40, 4]);
  slots.close();
});

Deno.test("What a worker did last is counted once after its slot is gone, what it left open is not", () => {
  using folder = new SlotFolder();
  folder.add(11);
  folder.add(12, { started: 5, finished: 5 });
  const slots = new ProbeSlots(folder.path);
  slots.read(10 * S);
  folder.set(12, { started: 9, finished: 8, inFlight: 1, busyNs: 0.03 * S, lastChangeNs: 10.03 * S });
  folder.remove(12);
  const reading = slots.read(10.1 * S);
  assertEquals([loadOf(reading).started, loadOf(reading).finished, loadOf(reading).inFlight], [4, 3, 0]);
  assertEquals(Math.round(loadOf(reading).busyMs), 30);
  assertEquals(reading.counts.ready, 1);
  assertEquals(loadOf(slots.read(10.2 * S)).started, 0);
  slots.close();
});

Deno.test("Workers are counted by state, with the age of the oldest boot and the length of the latest", () => {
  using folder = new SlotFolder();
  folder.add(11, { age: 1, bootNs: 1 * S, readyNs: 1.4 * S });
  folder.add(12, { age: 2, bootNs: 2 * S, readyNs: 2.3 * S, state: 3 });
  folder.add(13, { age: 3, bootNs: 9.2 * S, readyNs: 0, state: 1, metered: 0 });
  folder.add(14, {
    age: 4,
    bootNs: 9.7 * S,
    readyNs: 0,
    state: 1,
    metered: 0,
    kind: 2,
    slots: 4,
    parallel: 1,
  });
  const slots = new ProbeSlots(folder.path);
  const reading = slots.read(10 * S);
  const { counts, model, workers } = reading;
  assertEquals({ ...counts, oldestBootMs: Math.round(counts.oldestBootMs) }, {
    ready: 1,
    booting: 2,
    draining: 1,
    oldestBootMs: 800,
  });
  assertEquals(Math.round(bootOf(reading).ms), 300);
  assertEquals(model, { kind: "gthread", slots: 4, isParallel: true });
  assertEquals(workers.map(({ pid, state, bootMs }) => [pid, state, bootMs === "unknown"]), [
    [11, "ready", false],
    [12, "draining", false],
    [13, "booting", true],
    [14, "booting", true],
  ]);
  slots.close();
});

Deno.test("Threads compute at once where any ready worker has found that they do", () => {
  using folder = new SlotFolder();
  folder.add(11, { age: 1, kind: 2, slots: 4, parallel: 1, state: 3 });
  folder.add(12, { age: 3, kind: 2, slots: 4 });
  const slots = new ProbeSlots(folder.path);
  assertEquals(slots.read(10 * S).model, { kind: "gthread", slots: 4 });
  folder.add(13, { age: 2, kind: 2, slots: 4, parallel: 1 });
  assertEquals(slots.read(11 * S).model, { kind: "gthread", slots: 4, isParallel: true });
  slots.close();
});

Deno.test("A worker that boots three times as long as the last one, and 10 s at least, counts nowhere", () => {
  using folder = new SlotFolder();
  folder.add(11, { age: 1, bootNs: 1 * S, readyNs: 6 * S });
  folder.add(12, { age: 2, bootNs: 10 * S, readyNs: 0, state: 1 });
  const slots = new ProbeSlots(folder.path);
  const at = (seconds: number) => {
    const { counts, stuck } = slots.read(seconds * S);
    return [counts.ready, counts.booting, stuck, counts.oldestBootMs];
  };
  assertEquals(at(24), [1, 1, 0, 14_000]);
  assertEquals(at(26), [1, 0, 1, 0]);
  folder.remove(11);
  folder.add(13, { age: 3, bootNs: 26 * S, readyNs: 27 * S });
  folder.add(14, { age: 4, bootNs: 30 * S, readyNs: 0, state: 1 });
  slots.read(35 * S);
  assertEquals(at(39), [1, 1, 1, 9_000]);
  assertEquals(at(41), [1, 0, 2, 0]);
  slots.close();
});

Deno.test("The length of the latest boot is remembered when that worker is gone", () => {
  using folder = new SlotFolder();
  folder.add(11, { bootNs: 1 * S, readyNs: 1.4 * S });
  folder.add(12, { bootNs: 2 * S, readyNs: 2.3 * S });
  const slots = new ProbeSlots(folder.path);
  slots.read(10 * S);
  folder.remove(12);
  assertEquals(Math.round(bootOf(slots.read(10.1 * S)).ms), 300);
  slots.close();
});

Deno.test("A boot says what it computed and what it waited for a CPU, as far as that is possible", () => {
  using folder = new SlotFolder();
  const slots = new ProbeSlots(folder.path);
  const boot = (pid: number, words: { bootCpuNs?: number; bootWaitNs?: number }) => {
    folder.add(pid, { bootNs: pid * S, readyNs: (pid + 0.5) * S, ...words });
    const { cpuMs, waitMs } = bootOf(slots.read(30 * S));
    return [cpuMs, waitMs];
  };
  assertEquals(boot(11, { bootCpuNs: 0.3 * S, bootWaitNs: 0.1 * S }), [300, 100]);
  assertEquals(boot(12, {}), ["unknown", "unknown"]);
  assertEquals(boot(13, { bootCpuNs: 1e18, bootWaitNs: 9 * S }), [512_000, 500]);
  slots.close();
});

Deno.test("Requests of draining workers count as in flight", () => {
  using folder = new SlotFolder();
  folder.add(11, { inFlight: 1, started: 1 });
  folder.add(12, { inFlight: 1, started: 1, state: 3 });
  const slots = new ProbeSlots(folder.path);
  assertEquals(loadOf(slots.read(10 * S)).inFlight, 2);
  slots.close();
});

Deno.test("Event loop lag is the longest of all workers, unknown without a loop", () => {
  using folder = new SlotFolder();
  folder.add(11);
  const slots = new ProbeSlots(folder.path);
  assertEquals(loadOf(slots.read(10 * S)).loopLagMs, "unknown");
  folder.add(12, { kind: 7, slots: 1000, loopDueNs: 10.15 * S });
  folder.add(13, { kind: 7, slots: 1000, loopDueNs: 9.9 * S });
  folder.add(14, { kind: 7, slots: 1000, loopDueNs: 10.05 * S });
  assertEquals(Math.round(loadOf(slots.read(10.1 * S)).loopLagMs as number), 200);
  slots.close();
});

Deno.test("gthread's inner queue, websockets and streams are added up", () => {
  using folder = new SlotFolder();
  folder.add(11, { kind: 2, slots: 4, innerQueue: 3, busyThreads: 9 });
  folder.add(12, { kind: 8, slots: 100, innerQueue: 9, websockets: 2, streams: 1 });
  folder.add(13, { kind: 7, slots: 100, websockets: 5, streams: 4 });
  const slots = new ProbeSlots(folder.path);
  const load = loadOf(slots.read(10 * S));
  assertEquals([load.innerQueue, load.websockets, load.streams, load.streamWorkers], [3, 7, 5, 2]);
  assertEquals(load.busyThreads, 4);
  slots.close();
});

Deno.test("Workers without a meter leave the load unknown, and lower the coverage beside others", () => {
  using folder = new SlotFolder();
  folder.add(11, { metered: 0 });
  const slots = new ProbeSlots(folder.path);
  assertEquals(slots.read(10 * S).load, "unknown");
  assertEquals(slots.read(10.1 * S).counts.ready, 1);
  folder.add(12);
  assertEquals(loadOf(slots.read(10.2 * S)).coverage, 0.5);
  slots.close();
});

Deno.test("A worker that has stored its ready time serves, though its state still says that it boots", () => {
  using folder = new SlotFolder();
  folder.add(11, { state: 1 });
  const slots = new ProbeSlots(folder.path);
  assertEquals(slots.read(10 * S).counts.ready, 1);
  slots.close();
});

Deno.test("When only workers on their way out can be read the load is unknown", () => {
  using folder = new SlotFolder();
  folder.add(11, { metered: 0 });
  folder.add(12, { state: 3 });
  const slots = new ProbeSlots(folder.path);
  assertEquals(slots.read(10 * S).load, "unknown");
  folder.remove(11);
  assertEquals(
    loadOf(slots.read(10.1 * S)).coverage,
    1,
    "when all are on their way out, they are all there is",
  );
  slots.close();
});

Deno.test("Without a serving worker the load is unknown, not zero", () => {
  using folder = new SlotFolder();
  const slots = new ProbeSlots(folder.path);
  assertEquals(slots.read(10 * S).load, "unknown");
  folder.add(11, { state: 1, readyNs: 0 });
  assertEquals(slots.read(10.1 * S).load, "unknown");
  assertEquals(slots.read(10.2 * S).counts.booting, 1);
  slots.close();
});

Deno.test("gthread workers are told to take one request at a time, again in time, and no longer", () => {
  using folder = new SlotFolder();
  folder.add(11, { kind: 2, slots: 4 });
  folder.add(12, { kind: 1 });
  const slots = new ProbeSlots(folder.path);
  const told = (one: boolean, nowNs: number) => {
    slots.read(nowNs);
    slots.setOneAtATime(one);
    return [11, 12].map((pid) => folder.word(pid, "oneUntilNs") / S);
  };
  assertEquals(told(false, 10 * S), [0, 0]);
  assertEquals(told(true, 11 * S), [21, 0], "a sync worker does so anyway");
  assertEquals(told(true, 15 * S), [21, 0], "for six seconds still");
  assertEquals(told(true, 16 * S), [26, 0]);
  assertEquals(told(false, 17 * S), [0, 0]);
  slots.close();
});

Deno.test("workers are told that the maximum is one worker, and no longer", () => {
  using folder = new SlotFolder();
  folder.add(11, { kind: 2 });
  const slots = new ProbeSlots(folder.path);
  const told = (isAlone: boolean, nowNs: number) => {
    slots.read(nowNs);
    slots.setAlone(isAlone);
    return folder.word(11, "aloneUntilNs") / S;
  };
  assertEquals([told(false, 10 * S), told(true, 11 * S), told(true, 12 * S)], [0, 21, 21]);
  assertEquals([told(true, 17 * S), told(false, 18 * S)], [27, 0]);
  slots.close();
});

Deno.test("A link of ours in place of a removed slot counts while its worker lives", () => {
  using folder = new SlotFolder();
  folder.add(11);
  folder.add(12);
  const alive = new Set([11, 12]);
  const slots = new ProbeSlots(folder.path, () => true, (pid) => alive.has(pid));
  assertEquals(slots.read(10 * S).counts.ready, 2);
  for (const pid of [11, 12]) {
    Deno.removeSync(`${folder.path}/w-${pid}`);
    assertEquals(slots.removed, [`${folder.path}/w-${pid}`]);
    Deno.symlinkSync("/proc/self/fd/0", `${folder.path}/w-${pid}`);
  }
  assertEquals(slots.read(10.1 * S).counts.ready, 2);
  alive.delete(11);
  assertEquals(slots.read(10.2 * S).workers.map(({ pid }) => pid), [12]);
  slots.close();
});
