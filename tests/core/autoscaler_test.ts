import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { initial, step } from "../../src/core/autoscaler.ts";
import { DEFAULT_POLICY, type PolicySettings } from "../../src/core/policy_settings.ts";
import type { Decision, Facts } from "../../src/core/reason.ts";
import type { Cpu, Finished, Sample } from "../../src/core/sample.ts";
import { durations, load, sample } from "./samples.ts";

/** One autoscaler, driven by samples that follow each other after 100 ms. */
class Driver {
  nowMs = 0;
  readonly settings: PolicySettings;
  #state;

  /** `first`: what is other in the first sample, which has no time behind it. */
  constructor(settings: Partial<PolicySettings> = {}, target = 2, first: Partial<Sample> = {}) {
    this.settings = { ...DEFAULT_POLICY, maxWorkers: 20, ...settings };
    this.#state = initial(this.settings, target);
    this.step({ elapsedMs: 0, ...first });
  }

  step(changes: Partial<Sample> = {}): Decision {
    const { state, decision } = step(this.#state, sample(this.nowMs, changes), this.settings);
    this.#state = state;
    this.nowMs += changes.elapsedMs === 0 ? 0 : 100;
    return decision;
  }

  /** The same sample several times; the last decision. */
  run(times: number, changes: Partial<Sample> = {}): Decision {
    for (let i = 1; i < times; i++) this.step(changes);
    return this.step(changes);
  }
}

function facts({ demand }: Decision): Facts {
  if (demand === "unknown") throw new Error("there was no demand");
  return demand.facts;
}
const workers = (ready: number, booting = 0) => ({
  target: ready,
  ready,
  booting,
  draining: 0,
  oldestBootMs: 0,
});
const finished = (requests: number, durationMs: number): Finished => ({
  requests,
  durations: durations(requests, durationMs),
  durationCount: requests,
  durationSumMs: requests * durationMs,
});
/** Nothing but StatsD and the queue, as without the probe. */
const heard = (requests: number, durationMs: number, queue: Sample["queue"] = 0): Partial<Sample> => ({
  load: "unknown",
  statsd: finished(requests, durationMs),
  queue,
});

Deno.test("the first sample decides nothing: there is no time behind it", () => {
  const state = initial(DEFAULT_POLICY, 2);
  const loaded = { elapsedMs: 0, load: load({ started: 50, finished: 50, serviceMs: 5_000 }) };
  assertEquals(step(state, sample(0, loaded), DEFAULT_POLICY).decision.reason.code, "no-data");
});

Deno.test("what the first sample counted has no time behind it and is in no rate", () => {
  const first = step(
    initial(DEFAULT_POLICY, 2),
    sample(0, { elapsedMs: 0, load: load({ started: 50 }) }),
    DEFAULT_POLICY,
  );
  const second = step(first.state, sample(100, { load: load({ started: 2 }) }), DEFAULT_POLICY);
  assertEquals(facts(second.decision).rps, 20);
});

Deno.test("a first sample that has time behind it counts in full, workers or not", () => {
  const { decision } = step(
    initial(DEFAULT_POLICY, 2),
    sample(100, { load: load({ started: 2 }), workers: "unknown" }),
    DEFAULT_POLICY,
  );
  assertEquals([facts(decision).rps, facts(decision).utilization], [20, "unknown"]);
});

Deno.test("a sample of the shortest time counts", () => {
  const decision = new Driver().step({ elapsedMs: 1, load: load({ started: 3 }) });
  assertEquals([decision.reason.code, facts(decision).rps], ["steady", 3_000]);
});

Deno.test("any signal of load is data, none is not", () => {
  const none = { load: "unknown", statsd: "unknown", queue: "unknown" } as const;
  assertEquals(new Driver().step(none).reason.code, "no-data");
  for (const one of [{ load: load() }, { statsd: finished(0, 0) }, { queue: 0 }]) {
    assertEquals(new Driver().step({ ...none, ...one }).reason.code, "steady", Object.keys(one)[0]!);
  }
});

Deno.test("arrivals are what started and what the queue grew by, and never fewer than none", () => {
  const driver = new Driver();
  driver.run(10, { load: load({ started: 2 }) });
  assertEquals(facts(driver.step({ load: load({ started: 2 }), queue: 3 })).rps, 9 * 2 + 5);
  // All that waited has started: it had come before.
  assertEquals(facts(driver.step({ load: load({ started: 5 }) })).rps, 8 * 2 + 5 + 2);
  assertEquals(facts(driver.step({ load: load({ started: 3, innerQueue: 4 }) })).rps, 7 * 2 + 5 + 2 + 7);
  // Some that waited gave up.
  assertEquals(facts(driver.step({ load: load({ started: 0 }) })).rps, 6 * 2 + 5 + 2 + 7);
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
  assertEquals([utilization, serviceMs], [0.5, 50]);
  assertAlmostEquals(p95Ms as number, 50, 12.5);
});

Deno.test("without the probe a queue says that all slots are in use now, but not those of a loop", () => {
  const at = (changes: Partial<Sample>) => facts(new Driver().run(20, changes));
  assertEquals(at(heard(0, 0, 1)).utilization, 1);
  assertEquals(at({ ...heard(0, 0, 1), model: { kind: "gthread", slots: 4 } }).utilization, 1);
  assertEquals(at(heard(1, 20, 0)).utilization, 0.1);
  assertEquals(at(heard(0, 0, 0)).utilization, 0);
  const uvicorn = { model: { kind: "uvicorn", slots: 1_000 } } as const;
  assertEquals(at({ ...heard(1, 20, 1), ...uvicorn }).erlangs, 0.2);
});

Deno.test("requests without durations leave the service time unknown or as it was, never undefined", () => {
  const counted = { ...finished(3, 50), durationCount: 0, durationSumMs: 0, durations: durations(0, 0) };
  const seen = facts(new Driver().run(20, { ...heard(0, 0), statsd: counted }));
  assertEquals([seen.rps, seen.serviceMs, seen.p95Ms], [30, 0, "unknown"]);
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

const cpu = (workerCores: number, waitingCores: Cpu["waitingCores"] = 0): Cpu => ({
  limitCores: 2,
  usedCores: workerCores,
  workerCores,
  waitingCores,
  throttledShare: 0,
  busiestWorkerCores: 1,
});

Deno.test("cores are those of the workers, and nothing where they cannot be read", () => {
  const gthread = { model: { kind: "gthread", slots: 4 } } as const;
  const driver = new Driver();
  assertAlmostEquals(facts(driver.run(20, { ...gthread, cpu: cpu(1.5) })).workerCores as number, 1.5, 1e-9);
  driver.run(5, gthread);
  assertAlmostEquals(facts(driver.run(5, { ...gthread, cpu: cpu(1.5) })).workerCores as number, 0.75, 1e-9);
});

Deno.test("time in the run queue is not what requests need", () => {
  // Both slots occupied, 0.8 cores of the two computing, one waiting for a core: 0.8 of 1, so CPU-bound.
  const occupied = load({ inFlightMs: 200 });
  assertEquals(new Driver().run(20, { load: occupied, cpu: cpu(0.8, 1) }).bounds.max.why.code, "cpu");
  assertEquals(new Driver().run(20, { load: occupied, cpu: cpu(0.8, 0) }).bounds.max.why.code, "configured");
  assertEquals(
    new Driver().run(20, { load: occupied, cpu: cpu(0.8, "unknown") }).bounds.max.why.code,
    "configured",
  );
});

Deno.test("the CPU bound lets go some seconds after requests have stopped computing", () => {
  const occupied = load({ inFlightMs: 200 });
  const driver = new Driver();
  driver.run(60, { load: occupied, cpu: cpu(1.9) });
  let waitedMs = 0;
  while (driver.step({ load: occupied, cpu: cpu(0.2) }).bounds.max.why.code === "cpu") waitedMs += 100;
  // Of three seconds with both slots occupied, n ticks at 0.2 cores and the rest at 1.9: below half of a core each at n = 16.
  assertEquals(waitedMs, 1_500);
});

Deno.test("time for which the CPU could not be read does not hide that it is wanted", () => {
  const occupied = load({ inFlightMs: 200 });
  const driver = new Driver();
  driver.run(5, { load: occupied });
  assertEquals(driver.run(25, { load: occupied, cpu: cpu(1.9) }).bounds.max.why.code, "cpu");
});

Deno.test("CPU asks at once where nothing has grown, and after a growth when what it brought can be seen", () => {
  const model = { kind: "uvicorn", slots: 1_000 } as const;
  const busy = { model, workers: workers(1), cpu: { ...cpu(0.9), limitCores: 4 } };
  const driver = new Driver({ minWorkers: 1 }, 1);
  const grown = driver.step(busy);
  assertEquals([grown.reason, grown.target], [{ code: "asked", by: "cpu" }, 2]);
  let waitedMs = 0;
  while (driver.step({ ...busy, workers: workers(2), cpu: { ...cpu(1.9), limitCores: 4 } }).target === 2) {
    waitedMs += 100;
  }
  // The longest of the short windows, and the boot of 20 ms.
  assertEquals(waitedMs, 3_000);
});

Deno.test("two requests that a loop does not accept for a second are a blocked loop, one is not", () => {
  const isBlocked = (queue: number) => {
    const driver = new Driver();
    const waiting = { model: { kind: "uvicorn", slots: 1_000 }, queue, cpu: cpu(0.1) } as const;
    const reasons = Array.from({ length: 20 }, () => driver.step(waiting).reason);
    return reasons.some((reason) => reason.code === "asked" && reason.by === "blocked-loop");
  };
  assertEquals([isBlocked(2), isBlocked(1)], [true, false]);
});

const MIB = 2 ** 20;
/** Room for three workers of 100 MiB. */
const memory = { limitBytes: 1_000 * MIB, usedBytes: 600 * MIB, workerBytes: 100 * MIB };

Deno.test("workers that have just become ready are not in the memory in use yet", () => {
  const driver = new Driver();
  assertEquals(driver.run(20, { memory }).bounds.max.workers, 5);
  const grown = { memory, workers: workers(4) };
  assertEquals(driver.step(grown).bounds.max.workers, 5); // 4, and the room for 3 less 2 for the young
  let youngMs = 100;
  while (driver.step(grown).bounds.max.workers === 5) youngMs += 100;
  assert(youngMs >= 500 && youngMs <= 1_500, `${youngMs} ms`);
  assertEquals(driver.step(grown).bounds.max.workers, 7);
});

Deno.test("where workers cannot be counted, those asked for are taken to be there", () => {
  assertEquals(
    new Driver({ minWorkers: 1 }, 3).run(5, { workers: "unknown", memory }).bounds.max.workers,
    3 + 3,
  );
});

Deno.test("where workers cannot be counted none is taken to boot: the queue asks", () => {
  const decision = new Driver({ minWorkers: 1 }, 3).run(3, { workers: "unknown", queue: 40 });
  assertEquals(
    decision.demand !== "unknown" && decision.demand.signals.map(({ signal }) => signal).includes("queue"),
    true,
  );
});

Deno.test("a worker that becomes ready after boot failures opens growth again", () => {
  const driver = new Driver();
  const failing = { boots: { failures: 1, lastBootMs: 20 } };
  assertEquals(driver.step(failing).bounds.max.why.code, "boot-failures");
  driver.run(20);
  driver.step({ workers: workers(3) });
  // The next failure is the first again: growth pauses for a second.
  driver.step(failing);
  const { why } = driver.step().bounds.max;
  assert(why.code === "boot-failures" && why.failures === 1 && why.retryInMs <= 1_000, JSON.stringify(why));
});

Deno.test("workers that stay ready, or cannot be counted, open nothing", () => {
  const driver = new Driver();
  const failing = { boots: { failures: 1, lastBootMs: 20 } };
  driver.step(failing);
  driver.run(10);
  driver.run(10, { workers: "unknown" });
  driver.run(10);
  driver.step(failing);
  const { why } = driver.step().bounds.max;
  assert(why.code === "boot-failures" && why.failures === 2, JSON.stringify(why));
});

Deno.test("the time of the last boot is remembered: workers that boot slowly are held for longer", () => {
  const driver = new Driver({ idleMs: 100 }, 6);
  const calm = { workers: workers(6), boots: "unknown" } as const;
  driver.step({ workers: workers(6), boots: { failures: 0, lastBootMs: 1_000 } });
  let heldMs = 0;
  while (driver.step(calm).action === "hold") heldMs += 100;
  assert(heldMs > 9_000 && heldMs < 11_000, `${heldMs} ms`);
  const unknown = new Driver({ idleMs: 100 }, 6);
  unknown.step({ workers: workers(6), boots: { failures: 0, lastBootMs: 1_000 } });
  heldMs = 0;
  while (
    unknown.step({ workers: workers(6), boots: { failures: 0, lastBootMs: "unknown" } }).action === "hold"
  ) {
    heldMs += 100;
  }
  assert(heldMs > 9_000, `${heldMs} ms`);
});

Deno.test("while no boot time is known three seconds are held", () => {
  const calm = { workers: workers(6), boots: "unknown" } as const;
  const driver = new Driver({ idleMs: 100 }, 6, calm);
  let heldMs = 0;
  while (driver.step(calm).action === "hold") heldMs += 100;
  assert(heldMs >= 2_900 && heldMs <= 3_100, `${heldMs} ms`);
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
