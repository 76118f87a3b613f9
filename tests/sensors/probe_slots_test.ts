import { assert, assertEquals } from "@std/assert";
import { total } from "../../src/core/histogram.ts";
import type { Load } from "../../src/core/sample.ts";
import { monotonicNs } from "../../src/platform/libc.ts";
import { ProbeSlots } from "../../src/sensors/probe_slots.ts";
import { loadOf, probeProcess, probePython, SlotFolder } from "./shared_pages.ts";

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
  folder.add(14, { age: 4, bootNs: 9.7 * S, readyNs: 0, state: 1, metered: 0, kind: 2, slots: 4 });
  const slots = new ProbeSlots(folder.path);
  const { counts, lastBootMs, model, workers } = slots.read(10 * S);
  assertEquals({ ...counts, oldestBootMs: Math.round(counts.oldestBootMs) }, {
    ready: 1,
    booting: 2,
    draining: 1,
    oldestBootMs: 800,
  });
  assertEquals(Math.round(lastBootMs as number), 300);
  assertEquals(model, { kind: "gthread", slots: 4 });
  assertEquals(workers.map(({ pid, state, bootMs }) => [pid, state, bootMs === "unknown"]), [
    [11, "ready", false],
    [12, "draining", false],
    [13, "booting", true],
    [14, "booting", true],
  ]);
  slots.close();
});

Deno.test("The length of the latest boot is remembered when that worker is gone", () => {
  using folder = new SlotFolder();
  folder.add(11, { bootNs: 1 * S, readyNs: 1.4 * S });
  folder.add(12, { bootNs: 2 * S, readyNs: 2.3 * S });
  const slots = new ProbeSlots(folder.path);
  slots.read(10 * S);
  folder.remove(12);
  assertEquals(Math.round(slots.read(10.1 * S).lastBootMs as number), 300);
  slots.close();
});

Deno.test("Requests of draining workers are in flight too, for they are load all the same", () => {
  using folder = new SlotFolder();
  folder.add(11, { inFlight: 1, started: 1 });
  folder.add(12, { inFlight: 1, started: 1, state: 3 });
  const slots = new ProbeSlots(folder.path);
  assertEquals(loadOf(slots.read(10 * S)).inFlight, 2);
  slots.close();
});

Deno.test("While a write is under way the last good look stands", () => {
  using folder = new SlotFolder();
  folder.add(11, { seq: 4, started: 3, inFlight: 1, lastChangeNs: 9 * S });
  const slots = new ProbeSlots(folder.path);
  slots.read(10 * S);
  folder.set(11, { seq: 5, started: 77, inFlight: 0 });
  const during = loadOf(slots.read(10.1 * S));
  assertEquals([during.started, during.inFlight, Math.round(during.busyMs)], [0, 1, 100]);
  folder.set(11, { seq: 6, finished: 77, busyNs: 1.1 * S, inFlightNs: 1.1 * S, lastChangeNs: 10.1 * S });
  assertEquals(loadOf(slots.read(10.2 * S)).started, 74);
  slots.close();
});

Deno.test("A slot first met in the middle of a write is told at the next read", () => {
  using folder = new SlotFolder();
  folder.add(11, { seq: 5 });
  const slots = new ProbeSlots(folder.path);
  assertEquals(slots.read(10 * S).workers, []);
  folder.set(11, { seq: 6 });
  assertEquals(slots.read(10.1 * S).workers.length, 1);
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
  folder.add(11, { kind: 2, slots: 4, innerQueue: 3 });
  folder.add(12, { kind: 8, slots: 100, innerQueue: 9, websockets: 2, streams: 1 });
  folder.add(13, { kind: 7, slots: 100, websockets: 5, streams: 4 });
  const slots = new ProbeSlots(folder.path);
  const load = loadOf(slots.read(10 * S));
  assertEquals([load.innerQueue, load.websockets, load.streams], [3, 7, 5]);
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

Deno.test("With nobody serving the load is unknown, not zero", () => {
  using folder = new SlotFolder();
  const slots = new ProbeSlots(folder.path);
  assertEquals(slots.read(10 * S).load, "unknown");
  folder.add(11, { state: 1, readyNs: 0 });
  assertEquals(slots.read(10.1 * S).load, "unknown");
  assertEquals(slots.read(10.2 * S).counts.booting, 1);
  slots.close();
});

Deno.test("Only plain files named for a pid are slots: no folder, link or pipe is opened", async () => {
  using folder = new SlotFolder();
  folder.add(11);
  Deno.mkdirSync(`${folder.path}/w-12`);
  Deno.symlinkSync(`${folder.path}/w-11`, `${folder.path}/w-13`);
  await new Deno.Command("mkfifo", { args: [`${folder.path}/w-14`] }).output();
  for (const name of ["w-", "w-0", "w-1x", ".w-15.new", "w-99999999", "arbiter", "x-11"]) {
    Deno.copyFileSync(`${folder.path}/w-11`, `${folder.path}/${name}`);
  }
  const slots = new ProbeSlots(folder.path);
  assertEquals(slots.read(10 * S).workers.map(({ pid }) => pid), [11]);
  assertEquals(slots.pids, [11]);
  slots.close();
});

Deno.test("When the folder is removed, workers that live are read on and dead ones are dropped", () => {
  using folder = new SlotFolder();
  folder.add(Deno.pid, { started: 1 });
  folder.add(4_194_303, { started: 1 });
  const slots = new ProbeSlots(folder.path);
  slots.read(10 * S);
  using file = Deno.openSync(`${folder.path}/w-${Deno.pid}`, { write: true });
  Deno.removeSync(folder.path, { recursive: true });
  file.seekSync(8 * 21, Deno.SeekMode.Start);
  file.writeSync(new Uint8Array([6, 0, 0, 0, 0, 0, 0, 0]));
  const reading = slots.read(10.1 * S);
  assertEquals(reading.workers.map(({ pid }) => pid), [Deno.pid]);
  assertEquals(loadOf(reading).started, 5);
  slots.close();
});

Deno.test("A folder that was never there gives an empty, unknown reading", () => {
  const slots = new ProbeSlots("/nonexistent");
  assertEquals(slots.read(10 * S), {
    load: "unknown",
    counts: { ready: 0, booting: 0, draining: 0, oldestBootMs: 0 },
    model: "unknown",
    lastBootMs: "unknown",
    workers: [],
    isMetered: false,
  });
});

Deno.test("Closing leaves no descriptor", () => {
  using folder = new SlotFolder();
  const slotDescriptors = () =>
    [...Deno.readDirSync("/proc/self/fd")].filter(({ name }) => {
      try {
        return Deno.readLinkSync(`/proc/self/fd/${name}`).startsWith(folder.path);
      } catch {
        return false;
      }
    }).length;
  for (let pid = 11; pid < 31; pid++) folder.add(pid);
  const slots = new ProbeSlots(folder.path);
  slots.read(10 * S);
  assertEquals(slotDescriptors(), 20);
  folder.remove(11);
  slots.read(10.1 * S);
  assertEquals(slotDescriptors(), 19);
  slots.close();
  assertEquals(slotDescriptors(), 0);
});

Deno.test("A slot that the probe's own code makes is read as what it is", async () => {
  using folder = new SlotFolder();
  const pid = Number(
    await probePython(`
import os, time
from gunicorn_autoscaler_probe import slot, words as w
page = slot.create(${JSON.stringify(folder.path)}, 2, 8, 3)
m = page.words
slot.mark_ready(m)
m[w.METERED] = 1
m[w.STARTED] = 5
m[w.FINISHED] = 4
m[w.LAST_CHANGE_NS] = time.monotonic_ns()
m[w.IN_FLIGHT] = 1
m[w.INNER_QUEUE] = 2
slot.mark_draining(${JSON.stringify(folder.path)}, os.getpid())
print(os.getpid())`),
  );
  const slots = new ProbeSlots(folder.path);
  const reading = slots.read(monotonicNs());
  const [worker] = reading.workers;
  assertEquals(
    [worker?.pid, worker?.kind, worker?.slots, worker?.state, worker?.startedTotal],
    [pid, "gthread", 8, "draining", 5],
  );
  assertEquals([loadOf(reading).inFlight, loadOf(reading).innerQueue], [1, 2]);
  slots.close();
});

Deno.test("A meter that writes without a pause is read without a gap: the sums come out as the worker has them", async () => {
  using folder = new SlotFolder();
  const worker = probeProcess(`
import os, random, sys, time
from gunicorn_autoscaler_probe import slot, words as w
from gunicorn_autoscaler_probe.meter import Meter
page = slot.create(${JSON.stringify(folder.path)}, 7, 1000, 1)
m = page.words
slot.mark_ready(m)
meter = Meter(m)
m[w.METERED] = 1
print("ready", flush=True)
sys.stdin.readline()
open_now, end, dice = [], time.monotonic() + 0.6, random.Random(1)
while time.monotonic() < end:
    if open_now and dice.random() < 0.5 or len(open_now) == 10:
        meter.end(open_now.pop(), dice.random() < 0.1)
    else:
        open_now.append(meter.begin())
last = meter.begin()
while open_now:
    meter.end(open_now.pop(), False)
meter.flush()
time.sleep(1)
meter.end(last, False)
meter.flush()
print(m[w.STARTED], m[w.FINISHED], m[w.FAILED], m[w.BUSY_NS], m[w.IN_FLIGHT_NS], m[w.SERVICE_NS], flush=True)
sys.stdin.readline()`);
  await worker.nextLine();
  const slots = new ProbeSlots(folder.path);
  slots.read(monotonicNs());
  let sums = [0, 0, 0, 0, 0, 0], reads = 0, unreadable = 0;
  const read = () => {
    const reading = slots.read(monotonicNs());
    const { started, finished, failed, busyMs, inFlightMs, serviceMs } = loadOf(reading);
    const now = [started, finished, failed, 1e6 * busyMs, 1e6 * inFlightMs, 1e6 * serviceMs];
    sums = sums.map((sum, i) => sum + now[i]!);
    reads++;
    if (!reading.workers[0]!.readable) unreadable++;
  };
  await worker.writeLine("go");
  let totals: string | undefined;
  const line = worker.nextLine().then((text) => totals = text);
  while (totals === undefined) {
    await new Promise((resolve) => setTimeout(resolve, 3));
    read();
  }
  await line;
  // A meter holds totals back for some ms, and a worker that is held up between its clock and its store for longer: the
  // reader has counted on up to ten requests by then. It takes that back from the time that follows: the last request is
  // open for a second alone, so there is enough of it (100 ms of ten requests). What came late is in the next reads.
  const expected = totals!.split(" ").map(Number);
  const differs = () => sums.some((sum, i) => Math.abs(sum - expected[i]!) > (i < 3 ? 0 : 1e5));
  for (let i = 0; i < 200 && differs(); i++) {
    await new Promise((resolve) => setTimeout(resolve, 3));
    read();
  }
  assertEquals(differs(), false, `${sums} and not ${expected}`);
  assert(reads > 30 && sums[0]! > 1000, `${reads} reads of ${sums[0]} requests`);
  assertEquals(unreadable, 0);
  slots.close();
  await worker.end();
});
