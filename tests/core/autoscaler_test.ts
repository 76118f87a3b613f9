import { assertAlmostEquals, assertEquals, assertGreater } from "@std/assert";
import { Autoscaler } from "../../src/core/autoscaler.ts";
import { DEFAULT_POLICY } from "../../src/core/policy_settings.ts";
import type { Sample } from "../../src/core/sample.ts";
import { Driver, facts, finished, heard, workers } from "./autoscaler_driver.ts";
import { durations, load, sample } from "./samples.ts";

Deno.test("the first sample decides nothing: there is no time behind it", () => {
  const law = new Autoscaler(DEFAULT_POLICY, 2);
  const loaded = { elapsedMs: 0, load: load({ started: 50, finished: 50, serviceMs: 5_000 }) };
  assertEquals(law.step(sample(0, loaded), DEFAULT_POLICY).reason.code, "no-data");
});

Deno.test("what the first sample counted has no time behind it and is in no rate", () => {
  const law = new Autoscaler(DEFAULT_POLICY, 2);
  law.step(sample(0, { elapsedMs: 0, load: load({ started: 50 }) }), DEFAULT_POLICY);
  const decision = law.step(sample(100, { load: load({ started: 2 }) }), DEFAULT_POLICY);
  assertEquals(facts(decision).rps, 20);
});

Deno.test("a first sample that has time behind it counts in full, workers or not", () => {
  const decision = new Autoscaler(DEFAULT_POLICY, 2).step(
    sample(100, { load: load({ started: 2 }), workers: "unknown" }),
    DEFAULT_POLICY,
  );
  assertEquals(facts(decision).rps, 20);
  assertEquals(facts(decision).utilization, "unknown");
});

Deno.test("a sample of the shortest time counts", () => {
  const decision = new Driver().step({ elapsedMs: 1, load: load({ started: 3 }) });
  assertEquals(decision.reason.code, "steady");
  assertEquals(facts(decision).rps, 3_000);
});

Deno.test("any signal of load is data, none is not", () => {
  const none = { load: "unknown", statsd: "unknown", queue: "unknown" } as const;
  assertEquals(new Driver().step(none).reason.code, "no-data");
  assertEquals(new Driver().step({ ...none, workers: "unknown" }).reason.code, "no-workers");
  for (const one of [{ load: load() }, { statsd: finished(0, 0) }, { queue: 0 }]) {
    assertEquals(new Driver().step({ ...none, ...one }).reason.code, "steady", Object.keys(one)[0]!);
  }
});

/** Requests that came within the second of these ticks, after nine ticks with two each. */
function cameIn(...last: Partial<Sample>[]): number {
  const driver = new Driver();
  driver.run(10 - last.length + 1, { load: load({ started: 2 }) });
  return last.map((changes) => facts(driver.step(changes)).rps).at(-1)!;
}

Deno.test("arrivals are what started and what the kernel's queue grew by", () => {
  assertEquals(cameIn({ load: load({ started: 2 }), queue: 3 }), 9 * 2 + 5);
});

Deno.test("arrivals are what started and what the queue inside workers grew by", () => {
  assertEquals(cameIn({ load: load({ started: 3, innerQueue: 4 }) }), 9 * 2 + 7);
});

Deno.test("what waited and starts had come before", () => {
  const waiting = { load: load({ started: 2 }), queue: 3 };
  assertEquals(cameIn(waiting, { load: load({ started: 5 }) }), 8 * 2 + 5 + 2);
});

Deno.test("requests that give up waiting do not make arrivals negative", () => {
  const waiting = { load: load({ started: 2 }), queue: 3 };
  assertEquals(cameIn(waiting, { load: load({ started: 0 }) }), 8 * 2 + 5);
});

Deno.test("without the probe what finished and what the queue grew by has come", () => {
  const driver = new Driver();
  driver.run(10, heard(2, 50));
  assertEquals(facts(driver.step(heard(2, 50, 3))).rps, 9 * 2 + 5);
  assertEquals(facts(driver.step(heard(1, 50, 1))).rps, 8 * 2 + 5);
});

Deno.test("with the queue alone nothing is taken to have come but what it grew by", () => {
  const silent = { load: "unknown", statsd: "unknown", queue: 0 } as const;
  assertEquals(facts(new Driver().run(20, silent)).rps, 0);
});

Deno.test("without the probe slots were in use for as long as the requests that finished took", () => {
  // 2 requests of 50 ms in each 100 ms: one of two slots.
  const { utilization, serviceMs, p95Ms } = facts(new Driver().run(20, heard(2, 50)));
  assertEquals(utilization, 0.5);
  assertEquals(serviceMs, 50);
  assertAlmostEquals(p95Ms as number, 50, 12.5);
});

const after2s = (changes: Partial<Sample>) => facts(new Driver().run(20, changes));

Deno.test("without the probe a queue means that all slots are in use", () => {
  assertEquals(after2s(heard(0, 0, 1)).utilization, 1);
  assertEquals(after2s({ ...heard(0, 0, 1), model: { kind: "gthread", slots: 4 } }).utilization, 1);
});

Deno.test("without the probe and a queue slots were in use for what finished", () => {
  assertEquals(after2s(heard(1, 20, 0)).utilization, 0.1);
  assertEquals(after2s(heard(0, 0, 0)).utilization, 0);
});

Deno.test("without the probe a queue does not mean that the slots of a loop are in use", () => {
  const model = { kind: "uvicorn", slots: 1_000 } as const;
  assertEquals(after2s({ ...heard(1, 20, 1), model }).erlangs, 0.2);
});

Deno.test("requests without durations leave the percentile unknown", () => {
  const counted = { ...finished(3, 50), durationCount: 0, durationSumMs: 0, durations: durations(0, 0) };
  const seen = facts(new Driver().run(20, { ...heard(0, 0), statsd: counted }));
  assertEquals(seen.rps, 30);
  assertEquals(seen.serviceMs, 0);
  assertEquals(seen.p95Ms, "unknown");
});

Deno.test("one request with a duration is enough for the service time", () => {
  const one = facts(new Driver().run(20, heard(1, 80)));
  assertEquals(one.serviceMs, 80);
  assertAlmostEquals(one.p95Ms as number, 80, 20);
});

Deno.test("with the probe the percentile is of what finished, if anything did", () => {
  const driver = new Driver();
  assertEquals(facts(driver.run(5, { load: load({ service: durations(5, 900) }) })).p95Ms, "unknown");
  const one = load({ finished: 1, serviceMs: 40, service: durations(1, 40) });
  assertAlmostEquals(facts(new Driver().run(5, { load: one })).p95Ms as number, 40, 10);
});

Deno.test("workers are counted over time: two of three seconds with one more", () => {
  const busy = (ready: number) => ({ workers: workers(ready), load: load({ inFlightMs: 100 }) });
  const driver = new Driver();
  driver.run(5, busy(2));
  // One request in service all the time, by two workers for half of the last second and by four for the rest.
  assertAlmostEquals(facts(driver.run(5, busy(4))).utilization as number, 1 / 3, 1e-9);
});

Deno.test("windows are seen whole, the longest of them too", () => {
  for (const long of [{ windowMs: 20_000 }, { windowMs: 1_000, burstWindowMs: 20_000 }]) {
    const driver = new Driver(long);
    const slow = load({ finished: 1, serviceMs: 70, service: durations(1, 70) });
    driver.step({ load: slow });
    driver.run(150);
    const { windowMs } = driver.settings;
    assertEquals(facts(driver.step()).serviceMs, windowMs === 20_000 ? 70 : "unknown");
  }
});

Deno.test("a window made longer while it runs is filled from then on", () => {
  const driver = new Driver({ windowMs: 3_000 });
  driver.run(100);
  const longer = { ...driver.settings, windowMs: 12_000 };
  Object.assign(driver.settings, longer);
  driver.step({ load: load({ finished: 1, serviceMs: 70 }) });
  assertEquals(facts(driver.run(100)).serviceMs, 70);
});

Deno.test("threads that a connection holds without a request are load, from the second look on", () => {
  const held = { model: { kind: "gthread", slots: 2 }, load: load({ busyThreads: 4 }) } as const;
  const driver = new Driver();
  assertEquals(facts(driver.step(held)).erlangs, 0);
  assertAlmostEquals(facts(driver.run(100, held)).erlangs, 4, 0.1);
});

Deno.test("where no request can be seen, none of the workers to begin with is taken away", () => {
  const law = new Driver({ minWorkers: 1 }, 4);
  const blind = { load: "unknown", statsd: "unknown", queue: 0, workers: workers(4) } as const;
  assertEquals(law.run(3_000, blind).target, 4);
  const grown = law.run(20, { ...blind, queue: 40 }).target;
  assertGreater(grown, 4);
  assertEquals(law.run(6_000, { ...blind, workers: workers(grown) }).target, 4);
});

Deno.test("requests that StatsD has counted may show that fewer are enough", () => {
  const law = new Driver({ minWorkers: 1 }, 4);
  law.run(10, { ...heard(1, 10), workers: workers(4) });
  assertEquals(law.run(3_000, { ...heard(0, 0), workers: workers(4) }).target, 1);
});
