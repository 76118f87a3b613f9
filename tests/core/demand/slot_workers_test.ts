/** What sync and gthread workers are sized by. */
import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { durations } from "../samples.ts";
import type { Tick } from "../../../src/core/history.ts";
import { asked, computing, demand, jump, mixed, requests, SETTINGS } from "./demand_scenes.ts";

const load = (perTick: number, serviceMs: number) => asked({ always: requests(perTick, serviceMs) }, "load");

Deno.test("load: at least the erlangs, at most twice as many workers and one", () => {
  for (const perTick of [2, 5, 10, 30]) {
    const workers = load(perTick, 100);
    assert(workers > perTick * 0.9 && workers < 2 * perTick + 1, `${workers} for ${perTick} erlangs`);
  }
});

Deno.test("load: a worker of four threads carries what four sync workers do, at least", () => {
  const threads = asked({ always: requests(12, 100), kind: "gthread", slots: 4 }, "load");
  assertLess(threads, load(12, 100) / 3);
  assertGreater(threads * 4, 12);
});

Deno.test("load: a lower objective asks for more workers", () => {
  const at = (sloP95Ms: number) =>
    asked({ always: requests(2, 100), input: { settings: { ...SETTINGS, sloP95Ms } } }, "load");
  assertGreater(at(150), at(1_000));
});

Deno.test("load: however high the objective, utilization asks for its workers", () => {
  const at = (sloP95Ms: number) =>
    asked({ always: requests(2, 100), input: { settings: { ...SETTINGS, sloP95Ms } } }, "load");
  assertEquals(at(100_000), at(1e9));
});

Deno.test("load: more than utilization alone asks for, where too many would wait", () => {
  // One erlang: 2 workers would be busy half the time, and one request in five would wait for 100 ms and more.
  assertGreater(load(1, 150), Math.ceil(1 / SETTINGS.targetUtilization));
});

Deno.test("load: the nearer to the objective requests are, the less they may wait", () => {
  assertEquals([100, 200, 250, 290].map((serviceMs) => load(0.8, serviceMs)), [2, 4, 5, 6]);
});

Deno.test("load: requests longer than the objective may wait for a service time: no worker would help", () => {
  assertEquals(load(0.8, 400), 5);
});

Deno.test("load: a load that climbs wants what it will be at the end of a boot longer than the objective", () => {
  const recent = [1, 2, 3].flatMap((perTick) => Array(34).fill(requests(perTick, 100))).slice(2);
  const at = (bootMs: number) => asked({ recent, input: { bootMs } }, "load");
  assertEquals([at(40), at(2_000)], [at(300), at(300) + 2]);
});

Deno.test("load: the same where one request in twenty is longer than the objective", () => {
  const withSlow = (share: number) => {
    const counts = durations(1 - share, 240).map((n, i) => n + durations(share, 600)[i]!);
    return asked({ always: { ...requests(1, 250), durations: counts } }, "load");
  };
  assertGreater(withSlow(0.04), withSlow(0.06));
});

Deno.test("load: service times that vary ask for more workers", () => {
  const times = (counts: Float64Array) =>
    asked({ always: { ...requests(4, 100), durations: counts } }, "load");
  assertGreater(times(mixed(8)), times(durations(4, 100)));
});

Deno.test("load: service times that vary wildly ask for no more than those that vary much", () => {
  const times = (counts: Float64Array) =>
    asked({ always: { ...requests(4, 100), durations: counts } }, "load");
  assertEquals(times(mixed(8)), times(mixed(60)));
});

/** Workers that are enough for so many erlangs of 100 ms, where no wait counts. */
const enoughFor = (erlangs: number, tick: Partial<Tick> = {}) =>
  demand({
    always: { ...requests(erlangs, 100), ...tick },
    input: { settings: { ...SETTINGS, sloP95Ms: 100_000 } },
  }).enough;

Deno.test("enough: no slot is planned busier than for what is wanted", () => {
  // Requests that vary: 8.5 erlangs fill 10 slots to the utilization; more than that is not enough.
  const varied = { durations: mixed(8) };
  assertEquals([8.5, 8.6].map((erlangs) => enoughFor(erlangs, varied)), [10, 11]);
});

Deno.test("enough: requests that come evenly and take alike may fill slots by half of the reserve more", () => {
  // 20 requests of any length and 850 alike: a variation of 0.023, and so a reserve of 0.15 * 0.51.
  assertEquals([9.2, 9.3].map((erlangs) => enoughFor(erlangs)), [10, 11]);
});

Deno.test("cpu: a gthread worker is full near one core", () => {
  for (const cores of [0.5, 0.99, 2, 3.5, 6]) {
    const workers = asked(computing(cores, "gthread"), "cpu");
    assert(workers >= cores / 0.95 && workers <= Math.ceil(cores / 0.7), `${workers} for ${cores} cores`);
  }
});

Deno.test("cpu: that of sync workers asks for nothing", () => {
  assertEquals(asked(computing(6, "sync"), "cpu"), 0);
});

Deno.test("burst: workers for what it brings, before averages show it", () => {
  const { wanted } = demand(jump("sync", 100));
  assert(wanted > 6 && wanted < 20, `${wanted}`);
  assertLess(asked(jump("sync", 100), "load"), wanted);
});

Deno.test("queue: with long boots the load beside what will wait by their end", () => {
  const scene = { always: requests(0.2, 100), sample: { queue: 10 }, input: { bootMs: 2_000 } };
  assertEquals(asked(scene, "queue"), 1);
});

Deno.test("queue: before any request has finished it is taken to last a third of the objective", () => {
  // 300 / 3 = 100 ms: the last of 5 waits 250 behind two workers, that of 4 the 200 which are left.
  assertEquals(asked({ sample: { queue: 4 } }, "queue"), 0);
  assertGreater(asked({ sample: { queue: 5 } }, "queue"), 0);
});
