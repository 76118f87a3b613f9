import { assertEquals } from "@std/assert";
import { total } from "../../../src/core/histogram.ts";
import { ProbeSlots } from "../../../src/sensors/probe/probe_slots.ts";
import { loadOf, SlotFolder, type SlotWords } from "./shared_pages.ts";

const S = 1e9;

/** Contents no meter writes, in the slot of one of two workers. */
const lies: [string, SlotWords][] = [
  ["more in flight than any process can hold", { inFlight: 1_000_001 }],
  ["a negative number in flight", { inFlight: -1 }],
  ["more busy time than it has lived", { busyNs: 100 * S }],
  ["a negative busy time", { busyNs: -5 }],
  ["a last change in the future", { lastChangeNs: 60 * S, inFlight: 1 }],
  ["an absurd integral", { inFlightNs: 2 ** 62 }],
  ["an absurd inner queue", { innerQueue: 2 ** 40 }],
  ["absurdly many websockets", { websockets: -1 }],
  ["absurdly many streams", { streams: 2 ** 50 }],
  ["counters that go backwards", { started: 3 }],
  ["more requests than a second can bring", { started: 2 ** 50 }],
  ["a service time longer than its life", { finished: 11, serviceNs: 1e15 }],
  ["another magic", { magic: "GASLOT99" }],
  ["a version from the future", { version: 2 }],
  ["another worker's pid", { pid: 999 }],
  ["a state that does not exist", { state: 9 }],
  ["a boot in the future", { bootNs: 60 * S }],
  ["a boot at no time", { bootNs: 0 }],
  ["ready before it was forked", { readyNs: 5 }],
];

for (const [what, words] of lies) {
  Deno.test(`A slot with ${what} adds nothing to the load, and the other worker counts as before`, () => {
    using folder = new SlotFolder();
    folder.add(11, { started: 10, finished: 10 });
    folder.add(12, { started: 10, finished: 10 });
    const slots = new ProbeSlots(folder.path);
    slots.read(10 * S);
    folder.set(11, { started: 12, finished: 12 });
    folder.set(12, words);
    const reading = slots.read(10.1 * S);
    const { started, finished, inFlight, inFlightMs, busyMs, innerQueue, websockets, streams } = loadOf(
      reading,
    );
    assertEquals([started, finished, inFlight, innerQueue, websockets, streams], [2, 2, 0, 0, 0, 0]);
    assertEquals([inFlightMs, busyMs], [0, 0]);
    assertEquals(reading.counts.ready, 2, "it is a worker all the same");
    slots.close();
  });
}

Deno.test("A worker whose slot is not believed lowers the coverage, and is believed again once it is right", () => {
  using folder = new SlotFolder();
  folder.add(11);
  folder.add(12, { started: 10 });
  const slots = new ProbeSlots(folder.path);
  slots.read(10 * S);
  folder.set(12, { inFlight: 2n ** 63n });
  let reading = slots.read(10.1 * S);
  assertEquals(loadOf(reading).coverage, 0.5);
  assertEquals(reading.workers.find(({ pid }) => pid === 12)?.readable, false);
  folder.set(12, { inFlight: 0, started: 50 });
  reading = slots.read(10.2 * S);
  assertEquals(
    [loadOf(reading).coverage, loadOf(reading).started],
    [1, 0],
    "what happened in between is not guessed",
  );
  folder.set(12, { started: 53 });
  reading = slots.read(10.3 * S);
  assertEquals(loadOf(reading).started, 3);
  slots.close();
});

Deno.test("A slot with more busy time than its worker has lived is not readable, from the first look on", () => {
  using folder = new SlotFolder();
  folder.add(11, { busyNs: 100 * S });
  const slots = new ProbeSlots(folder.path);
  assertEquals(slots.read(10 * S).workers.map(({ readable }) => readable), [false]);
  slots.close();
});

Deno.test("A young worker that was not believed for a while is not counted from its boot again", () => {
  using folder = new SlotFolder();
  const slots = new ProbeSlots(folder.path);
  slots.read(10 * S);
  folder.add(11, { bootNs: 10.01 * S, readyNs: 10.02 * S, started: 5 });
  assertEquals(loadOf(slots.read(10.1 * S)).started, 5);
  folder.set(11, { inFlight: -1 });
  slots.read(10.2 * S);
  folder.set(11, { inFlight: 0 });
  assertEquals(loadOf(slots.read(10.3 * S)).started, 0);
  slots.close();
});

Deno.test("With no slot to believe the load is unknown", () => {
  using folder = new SlotFolder();
  folder.add(11, { inFlight: 2n ** 63n });
  const slots = new ProbeSlots(folder.path);
  assertEquals(slots.read(10 * S).load, "unknown");
  slots.close();
});

Deno.test("A sync worker never has more than one request in flight, a gthread worker no more than its threads", () => {
  using folder = new SlotFolder();
  folder.add(11, { inFlight: 500, slots: 500, started: 500 });
  folder.add(12, { inFlight: 500, slots: 8, kind: 2, started: 500 });
  const slots = new ProbeSlots(folder.path);
  slots.read(10 * S);
  const load = loadOf(slots.read(10.1 * S));
  assertEquals(load.inFlight, 9);
  assertEquals(Math.round(load.inFlightMs), 900);
  slots.close();
});

Deno.test("Buckets that shrink, or grow beyond the requests, add nothing", () => {
  using folder = new SlotFolder();
  folder.add(11, { serviceBuckets: 10, waitBuckets: 10, started: 20, finished: 20 });
  const slots = new ProbeSlots(folder.path);
  slots.read(10 * S);
  folder.set(11, { serviceBuckets: 9, waitBuckets: 1e9, started: 22, finished: 22 });
  const load = loadOf(slots.read(10.1 * S));
  assertEquals([total(load.service), total(load.wait), load.finished], [0, 0, 2]);
  slots.close();
});

Deno.test("Slots shorter than a page, empty or of garbage are no workers", () => {
  using folder = new SlotFolder();
  folder.add(11);
  Deno.writeFileSync(`${folder.path}/w-12`, new Uint8Array(0));
  Deno.writeFileSync(`${folder.path}/w-13`, new Uint8Array(100).fill(7));
  Deno.writeFileSync(`${folder.path}/w-14`, new Uint8Array(4096).fill(255));
  const slots = new ProbeSlots(folder.path);
  assertEquals(slots.read(10 * S).workers.map(({ pid }) => pid), [11]);
  Deno.truncateSync(`${folder.path}/w-11`, 64);
  const reading = slots.read(10.1 * S);
  assertEquals([reading.load, reading.counts.ready], ["unknown", 1]);
  slots.close();
});
