import { assertEquals } from "@std/assert";
import type { Arbiter } from "../../src/sensors/probe/arbiter_reading.ts";
import type { SlotsReading } from "../../src/sensors/probe/probe_slots.ts";
import { UnseenWorkers } from "../../src/supervisor/unseen_workers.ts";

const arbiter = (alive: number, draining = 0) => ({ alive, draining }) as Arbiter;
const slots = (ready: number, booting = 0) =>
  ({ counts: { ready, booting, draining: 0 }, stuck: 0 }) as SlotsReading;

Deno.test("a worker that stays without a slot for two seconds is counted, one that is just forked is not", () => {
  const unseen = new UnseenWorkers();
  assertEquals([0, 1_900, 2_000].map((ms) => unseen.of(arbiter(4), slots(2, 1), ms)), [0, 0, 1]);
  assertEquals(unseen.of(arbiter(4), slots(3, 1), 2_100), 0);
  assertEquals(unseen.of(arbiter(4), slots(3), 2_200), 0, "two seconds anew");
});

Deno.test("draining workers are not counted, nor what the arbiter has not reported", () => {
  const unseen = new UnseenWorkers();
  for (const ms of [0, 5_000]) assertEquals(unseen.of(arbiter(4, 1), slots(3), ms), 0);
  for (const ms of [6_000, 9_000]) assertEquals(unseen.of(undefined, slots(3), ms), 0);
});

Deno.test("the first workers boot until one has a slot, and serve without one after two seconds", () => {
  const unseen = new UnseenWorkers();
  const at = (ms: number, reading?: SlotsReading) => {
    const counts = unseen.counts(arbiter(2), reading, [11, 12], ms);
    return counts === "unknown" ? counts : [counts.ready, counts.booting, counts.unseen ?? 0];
  };
  assertEquals([at(100), at(2_000)], [[0, 2, 0], [0, 2, 0]]);
  assertEquals(at(2_100), [2, 0, 2]);
  const seen = new UnseenWorkers();
  const reading = { ...slots(2), workers: [{}, {}] } as unknown as SlotsReading;
  seen.counts(arbiter(2), reading, [11, 12], 0);
  // The slots went away with their folder: these workers serve.
  const after = seen.counts(arbiter(2), undefined, [11, 12], 100);
  assertEquals(after === "unknown" ? after : after.ready, 2);
});

Deno.test("a worker that is forked when all others have ended boots", () => {
  const unseen = new UnseenWorkers();
  const reading = { ...slots(2), workers: [{}, {}] } as unknown as SlotsReading;
  unseen.counts(arbiter(2), reading, [11, 12], 0);
  const counts = unseen.counts(arbiter(2), undefined, [13], 100);
  assertEquals(counts === "unknown" ? counts : [counts.ready, counts.booting], [0, 1]);
});

Deno.test("after a sleep the first worker boots, as at the start", () => {
  const unseen = new UnseenWorkers();
  const reading = { ...slots(1), workers: [{}] } as unknown as SlotsReading;
  const at = (ms: number, confirmed: number, children: number[], seen?: SlotsReading) => {
    const counts = unseen.counts({ ...arbiter(1), confirmed } as Arbiter, seen, children, ms);
    return counts === "unknown" ? counts : [counts.ready, counts.booting];
  };
  for (const fromMs of [0, 60_000]) {
    assertEquals(at(fromMs, 1, [11], reading), [1, 0]);
    assertEquals(at(fromMs + 30_000, 0, []), [0, 0]);
    assertEquals(at(fromMs + 40_000, 1, [12]), [0, 1]);
    assertEquals(at(fromMs + 41_900, 1, [12]), [0, 1]);
    assertEquals(at(fromMs + 42_000, 1, [12]), [1, 0], "it serves without a slot");
  }
});
