/** Slots as files: half written, removed, none at all, and written by the probe's own code. */
import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { monotonicNs } from "../../../src/platform/libc.ts";
import { ProbeSlots } from "../../../src/sensors/probe/probe_slots.ts";
import { run } from "../../support/process.ts";
import { loadOf, probeProcess, probePython, SlotFolder } from "./shared_pages.ts";

const S = 1e9;

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

Deno.test("A slot first read in the middle of a write is reported at the next read", () => {
  using folder = new SlotFolder();
  folder.add(11, { seq: 5 });
  const slots = new ProbeSlots(folder.path);
  assertEquals(slots.read(10 * S).workers, []);
  folder.set(11, { seq: 6 });
  assertEquals(slots.read(10.1 * S).workers.length, 1);
  slots.close();
});

Deno.test("Only plain files named for a pid are slots: no folder, link or pipe is opened", async () => {
  using folder = new SlotFolder();
  folder.add(11);
  Deno.mkdirSync(`${folder.path}/w-12`);
  Deno.symlinkSync(`${folder.path}/w-11`, `${folder.path}/w-13`);
  Deno.symlinkSync("/dev/zero", `${folder.path}/w-14`);
  // Opening it would wait for ever.
  assertEquals((await run("mkfifo", [`${folder.path}/w-15`])).code, 0);
  const names = ["w-", "w-0", "w-1x", "w-011", "w--1", "w-1e3", ".w-16.new", "w-99999999", "arbiter", "x-11"];
  for (const name of names) {
    Deno.copyFileSync(`${folder.path}/w-11`, `${folder.path}/${name}`);
  }
  const slots = new ProbeSlots(folder.path);
  assertEquals(slots.read(10 * S).workers.map(({ pid }) => pid), [11]);
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
    lastBoot: "unknown",
    workers: [],
    stuck: 0,
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

Deno.test("A slot that the probe's own code writes is read back", async () => {
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
from gunicorn_autoscaler_probe.meters.meter import Meter
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
    await delay(3);
    read();
  }
  await line;
  // A meter holds totals back for some ms, and a worker that is held up between its clock and its store for longer: the
  // reader has counted on up to ten requests by then. It takes that back from the time that follows: the last request is
  // open for a second alone, so there is enough of it (100 ms of ten requests). What came late is in the next reads.
  const expected = totals!.split(" ").map(Number);
  const differs = () => sums.some((sum, i) => Math.abs(sum - expected[i]!) > (i < 3 ? 0 : 1e5));
  for (let i = 0; i < 200 && differs(); i++) {
    await delay(3);
    read();
  }
  assertEquals(differs(), false, `${sums} and not ${expected}`);
  assert(reads > 30 && sums[0]! > 1000, `${reads} reads of ${sums[0]} requests`);
  assertEquals(unreadable, 0);
  slots.close();
  await worker.end();
});
