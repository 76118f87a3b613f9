import { assert, assertEquals } from "@std/assert";
import { AUTO } from "../../../src/core/policy/policy.ts";
import { DEFAULT_POLICY, type PolicySettings } from "../../../src/core/policy_settings.ts";
import type { Bounds } from "../../../src/core/reason.ts";
import { bounds, demand, Driver, facts } from "./policy_driver.ts";

Deno.test("up: to what is wanted at once", () => {
  const driver = new Driver(2);
  const decision = driver.step(demand(9));
  assertEquals([decision.action, decision.target, decision.reason], ["grow", 9, {
    code: "asked",
    by: "load",
  }]);
});

Deno.test("up: no further than the step and the bound, and the bound is named", () => {
  assertEquals(new Driver(2, { maxStepUp: 3 }).step(demand(9)).target, 5);
  assertEquals(new Driver(2, { burstAddWorkers: 2 }).step(demand(9, { burst: true })).target, 4);
  const limited = new Driver(2).step(demand(30));
  assertEquals([limited.target, limited.limitedBy], [12, { workers: 12, why: { code: "configured" } }]);
  const stuck = new Driver(12).step(demand(30));
  assertEquals([stuck.action, stuck.reason.code], ["hold", "at-bound"]);
});

Deno.test("up: cooldowns apart for load and for bursts", () => {
  const driver = new Driver(2, { upCooldownMs: 1_000, burstCooldownMs: 500 });
  driver.step(demand(4));
  driver.nowMs = 999;
  assertEquals(driver.step(demand(6)).reason, { code: "up-cooldown", forMs: 1 });
  assertEquals(driver.step(demand(6, { burst: true })).target, 6);
  driver.nowMs = 1_400;
  assertEquals(driver.step(demand(8, { burst: true })).reason.code, "up-cooldown");
  driver.nowMs = 1_499;
  assertEquals(driver.step(demand(8, { burst: true })).target, 8);
});

Deno.test("down: to the most that was enough during the hold, not a moment sooner", () => {
  const driver = new Driver(9, { idleMs: 3_000, downCooldownMs: 0, noDownscaleAfterUpMs: 0 });
  driver.run(1_000, demand(9));
  driver.run(1_000, demand(6));
  const changes = driver.run(5_000, demand(2));
  // 9 was last enough at 0.9 s, 6 at 1.9 s.
  assertEquals(changes, [[4_000, 6], [5_000, 2]]);
});

Deno.test("down: not below what leaves a margin", () => {
  const driver = new Driver(6, { idleMs: 1_000, noDownscaleAfterUpMs: 0 });
  assertEquals(driver.run(5_000, demand(4, { enough: 5 })).map(([, target]) => target), [5]);
});

Deno.test("down: cooldown, and none soon after an up", () => {
  const driver = new Driver(2, { idleMs: 0, downCooldownMs: 2_000, noDownscaleAfterUpMs: 4_000 });
  driver.step(demand(8));
  driver.nowMs = 100;
  driver.run(3_900, demand(6));
  assertEquals(driver.run(100, demand(6)), [[4_000, 6]]);
  assertEquals(driver.run(3_000, demand(3)), [[6_000, 3]]);
});

Deno.test("down: never in a burst", () => {
  const driver = new Driver(8, { idleMs: 0, noDownscaleAfterUpMs: 0 });
  assertEquals(driver.run(5_000, demand(4, { burst: true })), []);
});

Deno.test("down: never while requests wait", () => {
  const driver = new Driver(8, { idleMs: 0, noDownscaleAfterUpMs: 0 });
  assertEquals(driver.run(5_000, demand(4, { facts: { ...facts, queued: 1 } })), []);
});

Deno.test("down: a worker that takes long to boot is held for ten boots", () => {
  const driver = new Driver(8, { idleMs: 1_000, noDownscaleAfterUpMs: 0 });
  driver.run(1_000, demand(8), 2_000);
  assertEquals(driver.run(30_000, demand(2), 2_000)[0]![0], 21_000);
});

Deno.test("down: while no boot time is known a worker is held for three seconds at least", () => {
  const driver = new Driver(8, { idleMs: 1_000, noDownscaleAfterUpMs: 0 });
  driver.run(1_000, demand(8), 0);
  assertEquals(driver.run(30_000, demand(2), 0)[0]![0], 4_000);
});

Deno.test("the minimum holds at once, and a maximum lowered live too", () => {
  assertEquals(new Driver(2).step(demand(1), bounds(12, 5)).target, 5);
  const lowered = new Driver(9).step(demand(9), bounds(4));
  assertEquals([lowered.target, lowered.reason.code], [4, "above-maximum"]);
});

Deno.test("no data: hold", () => {
  const decision = new Driver(7).step("unknown");
  assertEquals([decision.action, decision.target, decision.reason.code], ["hold", 7, "no-data"]);
});

Deno.test("slow, not starved: said when the percentile is over the objective and nothing else asks", () => {
  const slow = demand(2, { facts: { ...facts, p95Ms: 412 } });
  assertEquals(new Driver(2).step(slow).reason.code, "slow-not-starved");
  assertEquals(new Driver(2).step(demand(2)).reason.code, "steady");
});

Deno.test("paused holds against any demand, pinned goes where it was told", () => {
  const driver = new Driver(4);
  driver.order = { kind: "paused" };
  assertEquals(driver.step(demand(9)).reason.code, "paused");
  driver.order = { kind: "pinned", workers: 6 };
  assertEquals(driver.step(demand(2)).target, 6);
  driver.order = AUTO;
  assertEquals(driver.step(demand(9)).target, 9);
});

const memory = {
  workers: 5,
  why: { code: "memory", usedBytes: 9, limitBytes: 10, workerBytes: 1 },
} as const;

Deno.test("memory that a neighbour takes holds growth and removes no worker", () => {
  const driver = new Driver(8, { idleMs: 1_000, noDownscaleAfterUpMs: 0 });
  const limits: Bounds = { min: 2, max: memory, all: [memory, { workers: 12, why: { code: "configured" } }] };
  for (; driver.nowMs < 5_000; driver.nowMs += 100) driver.step(demand(8), limits);
  assertEquals(driver.state.target, 8);
  assertEquals(driver.step(demand(8), limits).reason.code, "steady");
  assertEquals(driver.step(demand(9), limits).reason.code, "at-bound");
});

Deno.test("growth that brought no more finished requests stops, and says so", () => {
  const driver = new Driver(4, { maxStepUp: 1, upCooldownMs: 300 });
  const end = (serviceMs: number) => {
    driver.ended = { requests: 2, serviceMs: 2 * serviceMs };
    driver.nowMs += 100;
    return driver.step(demand(12));
  };
  for (let i = 0; i < 4; i++) end(2_000);
  for (let i = 0; i < 8; i++) end(6_000);
  const { reason, target } = end(6_000);
  assertEquals([reason.code, target < 12], ["no-gain", true]);
});

Deno.test("the CPU bound below the target takes workers away only after the hold", () => {
  const driver = new Driver(8, { idleMs: 1_000, noDownscaleAfterUpMs: 0 });
  const cpu = {
    workers: 5,
    why: { code: "cpu", usedCores: 2, limitCores: 2, onCpuShare: 0.9 },
  } as const;
  const limits: Bounds = { min: 2, max: cpu, all: [cpu, { workers: 12, why: { code: "configured" } }] };
  driver.step(demand(8));
  driver.nowMs = 100;
  assertEquals(driver.step(demand(8), limits).action, "hold");
  for (; driver.nowMs < 2_000; driver.nowMs += 100) driver.step(demand(8), limits);
  assertEquals(driver.state.target, 5);
});

Deno.test("down: what gunicorn was started with is held like any load", () => {
  const driver = new Driver(5, { idleMs: 4_000 });
  assertEquals(driver.run(6_000, demand(2), 1)[0], [4_100, 2]);
});

Deno.test("down: a worker whose boot time is not known is held for some seconds, a quick one is not", () => {
  const first = (bootMs: number) => new Driver(5, { idleMs: 0 }).run(10_000, demand(2), bootMs)[0]![0];
  assert(first(0) > 2_000 && first(0) < 5_000, `${first(0)} ms`);
  assertEquals(first(1), 100);
});

Deno.test("down: a shrink waits for both its own cooldown and that after a growth, and says how long", () => {
  const driver = new Driver(8, { idleMs: 0, downCooldownMs: 2_000, noDownscaleAfterUpMs: 3_000 });
  driver.step(demand(9), bounds(), 1);
  driver.nowMs = 500;
  assertEquals(driver.step(demand(5), bounds(), 1).reason, { code: "down-cooldown", forMs: 2_500 });
  driver.nowMs = 2_999;
  assertEquals(driver.step(demand(5), bounds(), 1).reason, { code: "down-cooldown", forMs: 1 });
  driver.nowMs = 3_000;
  assertEquals(driver.step(demand(5), bounds(), 1).reason, { code: "quiet", lowForMs: 10 });
  driver.nowMs = 3_200;
  assertEquals(driver.step(demand(4), bounds(), 1).reason, { code: "down-cooldown", forMs: 1_800 });
});

Deno.test("down: what is kept from going is told with the hold that it waits for", () => {
  const driver = new Driver(8, { idleMs: 5_000 });
  const waiting = demand(4, { facts: { ...facts, queued: 1 } });
  driver.run(6_000, waiting, 1);
  assertEquals(driver.step(waiting, bounds(), 1).reason, { code: "holding", forMs: 5_000 });
});

Deno.test("the bound is named only where it kept the target from what was wanted", () => {
  const limitedBy = (wanted: number, settings: Partial<PolicySettings> = {}, target = 2) =>
    new Driver(target, settings).step(demand(wanted)).limitedBy;
  assertEquals(limitedBy(12), "unknown");
  assertEquals(limitedBy(9, { maxStepUp: 3 }), "unknown");
  assertEquals(limitedBy(13), bounds().max);
  assertEquals(limitedBy(13, {}, 12), bounds().max);
  const pinned = new Driver(2);
  pinned.order = { kind: "pinned", workers: 20 };
  assertEquals(pinned.step(demand(30)).limitedBy, "unknown");
  assertEquals(new Driver(2).step("unknown").limitedBy, "unknown");
});

/** A driver whose workers have just gone from 8 to 2, with a hold of so long. */

Deno.test("slow is what is over the objective, not what just meets it", () => {
  const at = (p95Ms: number) => new Driver(2).step(demand(2, { facts: { ...facts, p95Ms } })).reason.code;
  assertEquals([at(DEFAULT_POLICY.sloP95Ms), at(DEFAULT_POLICY.sloP95Ms + 1)], [
    "steady",
    "slow-not-starved",
  ]);
});

Deno.test("a decision says from where to where and what was wanted", () => {
  const decision = new Driver(4).step(demand(6));
  assertEquals([decision.current, decision.target, decision.wanted, decision.action], [4, 6, 6, "grow"]);
  const blind = new Driver(4).step("unknown");
  assertEquals([blind.current, blind.target, blind.wanted, blind.action], [4, 4, 4, "hold"]);
});

Deno.test("a bound below the minimum does not break the minimum", () => {
  assertEquals(new Driver(2).step(demand(9), bounds(3, 5)).target, 5);
});

Deno.test("down: a load that has just fallen is held for, and the decision says so", () => {
  const driver = new Driver(8, { idleMs: 5_000 });
  driver.step(demand(8), bounds(), 1);
  driver.nowMs = 100;
  assertEquals(driver.step(demand(4), bounds(), 1).reason, { code: "holding", forMs: 5_000 });
});
