import { assert, assertEquals, assertGreater } from "@std/assert";
import {
  blockedLoops,
  blockedMs,
  enoughLoops,
  loopsAreLate,
  loopsFor,
  loopState,
  loopWorkers,
  lowerBusyLoops,
  mostLoops,
} from "../../../src/core/demand/event_loops.ts";
import { asked, CPU, demand, requests, type Scene } from "./demand_scenes.ts";
import { tick, ticks } from "../ticks.ts";

/** Ticks of 100 ms in which this many of ten loop ticks are late, each by so much, while a request is in flight. */
const late = (lateTicks: number, lateMs: number, rest: Partial<ReturnType<typeof tick>> = {}) => ({
  servingMs: 1_000,
  loopTicks: 10,
  loopLateTicks: lateTicks,
  loopLateMs: lateTicks * lateMs,
  loopBusyMs: lateTicks * (100 + lateMs) / 2,
  ...rest,
});

/** Handlers of 200 ms that keep `erlangs` loops busy. */
const blocked = (erlangs: number, rest: Partial<Scene> = {}): Scene => ({
  kind: "uvicorn",
  slots: 1_000,
  always: { ...requests(0.5, 200), ...late(erlangs, 100) },
  ...rest,
});

Deno.test("loops that are busy ask for workers by the delay formula, a loop a server", () => {
  const goal = { serviceMs: 200, variation: 1, waitMs: 100, lateShare: 0.03, utilization: 0.85 };
  assertEquals([1, 2, 4].map((erlangs) => loopWorkers(erlangs, 100, goal, 0.7)), [3, 4, 7]);
});

Deno.test("loops that are busy ask for workers by the lower estimate of how many are", () => {
  assertEquals(asked(blocked(4), "loop"), 8); // 3.8 of them over 10 s, in loops that are half busy
});

Deno.test("loops that are idle, and workers without one, ask for nothing", () => {
  assertEquals(asked(blocked(0), "loop"), 0);
  assertEquals(asked(blocked(4, { kind: "sync", slots: 1 }), "loop"), 0);
});

Deno.test("a late loop of an idle worker wants nothing", () => {
  const idle = { ...requests(0.5, 200), ...late(4, 100), servingMs: 0 };
  assertEquals(asked(blocked(4, { always: idle }), "loop"), 0);
});

/** Nine workers; requests wait too long for their loops. */
const WAITING = blocked(1, {
  always: { ...requests(0.5, 200), ...late(8, 200, { loopBusyMs: 100 }) },
  input: { target: 9 },
});

Deno.test("requests that wait too long for their loops ask for one worker more than there are", () => {
  assertEquals(asked(WAITING, "loop"), 10);
});

Deno.test("requests that wait too long for their loops ask for no more until the last growth shows", () => {
  assert(asked({ ...WAITING, input: { target: 9, sinceUpMs: 500 } }, "loop") < 9);
});

Deno.test("no worker is removed while requests wait too long for their loops", () => {
  assert(demand({ ...WAITING, input: { target: 9, sinceUpMs: 500 } }).enough >= 9);
});

Deno.test("one late tick is no busy loop", () => {
  const before = Array.from({ length: 9 }, () => ({}));
  const one = { servingMs: 100, loopTicks: 1, loopLateTicks: 1, loopLateMs: 20, loopBusyMs: 100 };
  assertEquals(lowerBusyLoops(ticks([...before, one]).sums(1_000)), 0);
});

Deno.test("one late tick shows what was left of its loop's work, and what any tick waited", () => {
  const one = { servingMs: 100, loopTicks: 5, loopLateTicks: 1, loopLateMs: 20, loopBusyMs: 60 };
  assertEquals(loopState(ticks([one]).sums(100)), { erlangs: 0.6, restMs: 20, waitMs: 4 });
});

Deno.test("requests wait too long for their loops only where both the burst window and the last second show it", () => {
  const goal = { serviceMs: 200, variation: 1, waitMs: 100, lateShare: 0.03, utilization: 0.85 };
  const waiting = (ms: number) => ticks([late(10, ms)]).sums(100);
  assertEquals(loopsAreLate(waiting(51), waiting(51), goal), true, "half of what they may wait, on average");
  assertEquals(loopsAreLate(waiting(51), waiting(50), goal), false);
  assertEquals(loopsAreLate(waiting(50), waiting(51), goal), false);
  const most = (waitMs: number) =>
    [...Array(99).keys()].find((ms) => loopsAreLate(waiting(ms), waiting(ms), { ...goal, waitMs }));
  assertEquals(
    [100, 61, 60, 40, 20].map(most),
    [51, 31, 31, 31, 21],
    "but for 30 ms, or as long as they may",
  );
});

Deno.test("blocked loops are planned half busy, those that compute seven tenths", () => {
  const goal = { serviceMs: 200, variation: 1, waitMs: 100_000, lateShare: 0.03, utilization: 0.85 };
  const loops = (cpuMs: number) =>
    loopsFor(
      3.4,
      ticks(Array(30).fill({ ...late(2, 100), loopBusyMs: 200, finished: 1, cpuMs })).sums(3_000),
      goal,
    );
  assertEquals([loops(10), loops(200)], [7, 5]);
});

Deno.test("loops that compute for a part of the time that they are busy are blocked", () => {
  const half = ticks(
    Array(30).fill({ ...late(2, 100), loopBusyMs: 200, arrivals: 2, finished: 1, cpuMs: 10 }),
  );
  assertGreater(blockedLoops(half.sums(3_000), half.sums(3_000)), 3);
});

Deno.test("idle loops need no worker", () => {
  const goal = { serviceMs: 200, variation: 1, waitMs: 100, lateShare: 0.03, utilization: 0.85 };
  const idle = ticks([{ loopTicks: 10 }]).sums(100);
  assertEquals(enoughLoops(idle, idle, goal), 0);
});

Deno.test("without late ticks no loop is busy and no request waits", () => {
  assertEquals(loopState(ticks([{ loopTicks: 5 }]).sums(100)), { erlangs: 0, restMs: 0, waitMs: 0 });
});

Deno.test("a burst before blocked loops asks for as many loops as its arrivals keep busy", () => {
  const jump = Array.from({ length: 10 }, () => ({ ...requests(3, 200), ...late(1, 100) }));
  const scene = blocked(0.5, { always: { ...requests(0.25, 200), ...late(0.5, 100) }, recent: jump });
  assert(asked(scene, "burst") >= 5, `${asked(scene, "burst")}`);
  const computing = { ...scene.always, cpuMs: 50 };
  assertEquals(asked({ ...scene, always: computing }, "burst") < 5, true);
});

Deno.test("blocked loops are counted by the arrivals: two workers show no more than two that are busy", () => {
  const full = Array.from(
    { length: 30 },
    () => ({ ...late(2, 100), loopBusyMs: 200, arrivals: 2, finished: 1 }),
  );
  const sums = ticks(full).sums(3_000);
  assert(blockedLoops(sums, sums) > 3 && blockedLoops(sums, sums) < 4, `${blockedLoops(sums, sums)}`);
  const computing = ticks(full.map((one) => ({ ...one, cpuMs: 190 }))).sums(3_000);
  assertEquals(blockedLoops(computing, computing), 0);
});

/** Workers that are enough after seven seconds with four busy loops and three with two, which compute for so long. */
function enoughAfter(cpuMs: number): number {
  const goal = { serviceMs: 200, variation: 1, waitMs: 100, lateShare: 0.03, utilization: 0.85 };
  const busy = (loops: number) => ({ ...late(loops, 100), arrivals: 2, finished: 2, cpuMs });
  const history = ticks([...Array(70).fill(busy(4)), ...Array(30).fill(busy(2))]);
  return enoughLoops(history.sums(10_000), history.sums(3_000), goal);
}

Deno.test("blocked loops of the stable window keep workers that a quiet second would remove", () => {
  assertEquals(enoughAfter(0), 7); // 3.4 loops over 10 s, 15 % more of them
});

Deno.test("computing loops count as they are now", () => {
  assertEquals(enoughAfter(300), 5); // 2 loops over 3 s, 15 % more of them
});

Deno.test("a single late tick is a state of the loops", () => {
  const one = { servingMs: 100, loopTicks: 1, loopLateTicks: 1, loopLateMs: 50, loopBusyMs: 60 };
  assertEquals(loopState(ticks([one]).sums(100)), { erlangs: 0.6, restMs: 50, waitMs: 50 });
});

Deno.test("over no time there is no state of the loops", () => {
  assertEquals(loopState({ ...ticks([late(5, 100)]).sums(100), spanMs: 0 }).erlangs, 0);
});

Deno.test("loops are blocked from twice what they compute on, and with one finished request", () => {
  const sums = { ...ticks([late(10, 100)]).sums(100), finished: 1, arrivals: 100, cpuMs: 0 };
  const busyMs = lowerBusyLoops(sums) * sums.spanMs;
  const isBlocked = (cpuMs: number) => blockedLoops(sums, { ...sums, cpuMs }) > 0;
  assertEquals([busyMs / 2, busyMs / 2 + 1].map(isBlocked), [true, false]);
});

Deno.test("a request that blocks keeps its loop busy for its part of the busy time", () => {
  const sums = ticks(Array(30).fill({ ...late(2, 100), loopBusyMs: 200, finished: 1 })).sums(3_000);
  assertEquals(blockedMs(sums), 200);
  assertEquals(blockedMs({ ...sums, finished: 0 }), 0);
});

Deno.test("the few of many long requests that have finished are not all that kept a loop busy", () => {
  const sums = { ...ticks(Array(30).fill({ ...late(1, 40), loopBusyMs: 20 })).sums(3_000), finished: 1 };
  assertEquals(blockedMs({ ...sums, started: 12 }), 100);
  assertEquals(blockedMs({ ...sums, started: 1 }), 600);
});

Deno.test("without a finished request it is not known what blocks", () => {
  const sums = { ...ticks([late(10, 100)]).sums(100), finished: 0, arrivals: 100, cpuMs: 0 };
  assertEquals(blockedLoops(sums, sums), 0);
});

/** Ten seconds of loops that are busy for half of them. */
const BUSY = { ...ticks([]).sums(0), spanMs: 10_000, loopBusyMs: 5_000, servingMs: 10_000 };

Deno.test("loops that compute, or wait for a core, want no more than run at once", () => {
  const most = (limitCores: number, seen: Partial<typeof BUSY>) =>
    mostLoops({ ...BUSY, ...seen }, { ...CPU, limitCores });
  assertEquals([0.5, 1, 2, 4].map((cores) => most(cores, { cpuMs: 4_000 })), [1, 2, 3, 5]);
  assertEquals(most(2, { cpuMs: 1_000, cpuWaitMs: 2_000 }), 3);
  assertEquals(most(2, { cpuMs: 1_000, cpuWaitMs: 1_900 }), Infinity, "they wait for something else");
  assertEquals(mostLoops(BUSY, "unknown"), Infinity);
  assertEquals(most(2, { cpuMs: 3_000, servingMs: 5_000 }), 3);
});

Deno.test("loops that are late by their own computing ask for no worker on half a core", () => {
  const scene = (cpuMs: number): Scene => ({
    ...WAITING,
    always: { ...WAITING.always, loopBusyMs: 100, cpuMs },
    sample: { cpu: { ...CPU, limitCores: 0.5 } },
    input: { target: 1 },
  });
  assertEquals([asked(scene(10), "loop"), asked(scene(90), "loop")], [3, 1]);
});
