import { assertEquals } from "@std/assert";
import type { LoopLoad } from "../../../src/core/sample.ts";
import { ProbeSlots } from "../../../src/sensors/probe/probe_slots.ts";
import { SlotFolder } from "./shared_pages.ts";

const S = 1e9;
const loop = {
  kind: 7,
  slots: 1000,
  loopDueNs: 10.1 * S,
  loopTicks: 50,
  loopLateTicks: 10,
  loopLagNs: 2 * S,
};

function loopOf(slots: ProbeSlots, nowNs: number): LoopLoad | "unknown" {
  const { load } = slots.read(nowNs);
  return load === "unknown" ? load : load.loop;
}

Deno.test("a late tick shows its period and its lateness as busy time", () => {
  using folder = new SlotFolder();
  folder.add(11, loop);
  const slots = new ProbeSlots(folder.path);
  loopOf(slots, 10 * S);
  folder.add(11, { ...loop, loopDueNs: 10.7 * S, loopTicks: 53, loopLateTicks: 11, loopLagNs: 2.15 * S });
  assertEquals(loopOf(slots, 10.6 * S), { busyMs: 250, ticks: 3, lateTicks: 1, lateMs: 150 });
  slots.close();
});

Deno.test("a loop that is blocked now is busy before its tick comes, and counted once", () => {
  using folder = new SlotFolder();
  folder.add(11, loop);
  const slots = new ProbeSlots(folder.path);
  loopOf(slots, 10 * S);
  const open = loopOf(slots, 10.15 * S) as LoopLoad;
  assertEquals([open.busyMs, open.ticks, open.lateTicks, Math.round(open.lateMs)], [150, 1, 1, 50]);
  folder.add(11, { ...loop, loopDueNs: 10.3 * S, loopTicks: 51, loopLateTicks: 11, loopLagNs: 2.1 * S });
  const closed = loopOf(slots, 10.2 * S) as LoopLoad;
  assertEquals([Math.round(closed.busyMs), closed.ticks, closed.lateTicks, Math.round(closed.lateMs)], [
    50,
    0,
    0,
    50,
  ]);
  slots.close();
});

Deno.test("no more is busy than time has passed: what a tick proves of earlier comes with the next look", () => {
  using folder = new SlotFolder();
  folder.add(11, loop);
  const slots = new ProbeSlots(folder.path);
  loopOf(slots, 10 * S);
  folder.add(11, { ...loop, loopDueNs: 10.2 * S, loopTicks: 51, loopLateTicks: 11, loopLagNs: 2.02 * S });
  const busy = [10.05 * S, 10.1 * S, 10.15 * S].map((nowNs) =>
    Math.round((loopOf(slots, nowNs) as LoopLoad).busyMs)
  );
  assertEquals(busy, [50, 50, 20]);
  slots.close();
});

Deno.test("workers without a loop tell of none, and counters that leap are not believed", () => {
  using folder = new SlotFolder();
  folder.add(11);
  const slots = new ProbeSlots(folder.path);
  loopOf(slots, 10 * S);
  assertEquals(loopOf(slots, 10.1 * S), "unknown");
  folder.add(12, loop);
  loopOf(slots, 10.1 * S);
  folder.add(12, { ...loop, loopTicks: 2 ** 40, loopLateTicks: 2 ** 40 });
  assertEquals(loopOf(slots, 10.2 * S), "unknown");
  slots.close();
});
