/** What is decided, moment by moment: up at once, down after the hold. Without a number, wants come from the load. */
import { assertEquals } from "@std/assert";
import { AUTO } from "../../../src/core/policy/standing_order.ts";
import { DEFAULT_POLICY } from "../../../src/core/policy_settings.ts";
import type { Bounds } from "../../../src/core/reason.ts";
import { bounds, demand, Driver, facts } from "./policy_driver.ts";

const CONFIGURED = bounds().max;
const AT_ONCE = { idleMs: 0, downCooldownMs: 0, noDownscaleAfterUpMs: 0 };

Deno.test("a decision names where it came from, what was wanted, and why", () => {
  const decision = new Driver(4).step(demand(6));
  assertEquals(decision.current, 4);
  assertEquals(decision.target, 6);
  assertEquals(decision.wanted, 6);
  assertEquals(decision.action, "grow");
  assertEquals(decision.reason, { code: "asked", by: "load" });
});

Deno.test("up: to what is wanted, at once", () => {
  const driver = new Driver(2);
  assertEquals(driver.at(0, demand(9)).target, 9);
  assertEquals(driver.at(100, demand(11)).target, 11);
});

Deno.test("up: by one step of the load at most", () => {
  const driver = new Driver(2, { maxStepUp: 3 });
  assertEquals(driver.at(0, demand(9)).target, 5);
  assertEquals(driver.at(100, demand(9)).target, 8);
});

Deno.test("up: by one step of a burst at most", () => {
  const driver = new Driver(2, { burstAddWorkers: 2 });
  assertEquals(driver.at(0, demand(9, { burst: true })).target, 4);
});

Deno.test("up: to the maximum at most, and then it holds there", () => {
  const driver = new Driver(2);
  assertEquals(driver.at(0, demand(30)).target, 12);
  const stuck = driver.at(100, demand(30));
  assertEquals(stuck.action, "hold");
  assertEquals(stuck.reason.code, "at-bound");
});

Deno.test("up: the cooldown of the load", () => {
  const driver = new Driver(2, { upCooldownMs: 1_000 });
  assertEquals(driver.at(0, demand(4)).target, 4);
  assertEquals(driver.at(999, demand(6)).reason, { code: "up-cooldown", forMs: 1 });
  assertEquals(driver.at(1_000, demand(6)).target, 6);
});

Deno.test("up: a burst has a cooldown of its own", () => {
  const driver = new Driver(2, { upCooldownMs: 1_000, burstCooldownMs: 500 });
  driver.at(0, demand(4));
  assertEquals(driver.at(999, demand(6, { burst: true })).target, 6);
  assertEquals(driver.at(1_400, demand(8, { burst: true })).reason.code, "up-cooldown");
  assertEquals(driver.at(1_499, demand(8, { burst: true })).target, 8);
});

Deno.test("up: growth that brought no more finished requests stops", () => {
  const driver = new Driver(4, { maxStepUp: 1, upCooldownMs: 300 });
  driver.ended = { requests: 2, serviceMs: 2 * 2_000 };
  driver.during(400, demand(12));
  driver.ended = { requests: 2, serviceMs: 2 * 6_000 };
  driver.during(800, demand(12));
  const decision = driver.step(demand(12));
  assertEquals(decision.reason.code, "no-gain");
  assertEquals(decision.target < 12, true, `${decision.target} workers`);
});

const NONE = { requests: 0, serviceMs: 0 };
const TRIAL = { from: 2, hung: false, first: NONE, firstMs: 100, meanMs: 300, sinceStep: 0 };
const STOP = { workers: 4, untilMs: 60_000, trial: TRIAL, since: NONE };

Deno.test("up: from where growth stopped no worker is added", () => {
  const driver = new Driver(4);
  const gradient = { trial: undefined, stop: STOP };
  driver.state = { ...driver.state, gradient };
  assertEquals(driver.step(demand(12)).reason, { code: "no-gain", retryInMs: 60_000 });
});

Deno.test("up: while requests hang the next step waits for ten seconds at most, counted from the last", () => {
  const driver = new Driver(2);
  const hanging = demand(12, { facts: { ...facts, hangs: true } });
  assertEquals(driver.at(5_000, hanging).target, 4);
  assertEquals(driver.at(5_900, hanging).reason.code, "trying");
  assertEquals(driver.at(14_900, hanging).reason.code, "trying");
  assertEquals(driver.at(15_000, hanging).target, 8);
});

Deno.test("up: to as many as may boot at once, and the others when one of them serves", () => {
  const driver = new Driver(2);
  driver.mostByPace = 4;
  assertEquals(driver.at(0, demand(9)).target, 4);
  const held = driver.at(100, demand(9));
  assertEquals([held.reason.code, held.target, held.limitedBy], ["booting", 4, "unknown"]);
  driver.mostByPace = 3;
  assertEquals(driver.at(200, demand(9)).target, 4, "none is taken back");
  driver.mostByPace = 5;
  assertEquals(driver.at(300, demand(9)).target, 5);
});

Deno.test("up: the decision says when the next try after a stop is", () => {
  const driver = new Driver(4);
  driver.state = { ...driver.state, gradient: { trial: undefined, stop: STOP } };
  assertEquals(driver.at(10_000, demand(12)).reason, { code: "no-gain", retryInMs: 50_000 });
});

Deno.test("a bound is named where it keeps the target from what is wanted", () => {
  assertEquals(new Driver(2).step(demand(13)).limitedBy, CONFIGURED);
  assertEquals(new Driver(12).step(demand(13)).limitedBy, CONFIGURED);
});

Deno.test("no bound is named where all that is wanted is allowed, or another rule limits it", () => {
  assertEquals(new Driver(2).step(demand(12)).limitedBy, "unknown");
  assertEquals(new Driver(2, { maxStepUp: 3 }).step(demand(9)).limitedBy, "unknown");
  assertEquals(new Driver(2).step("unknown").limitedBy, "unknown");
});

Deno.test("no bound is named where a pinned count is above it", () => {
  const driver = new Driver(2);
  driver.order = { kind: "pinned", workers: 20 };
  assertEquals(driver.step(demand(30)).limitedBy, "unknown");
});

Deno.test("down: to the most that was enough during the hold", () => {
  const driver = new Driver(9, { ...AT_ONCE, idleMs: 3_000 });
  driver.during(1_000, demand(9));
  driver.during(1_000, demand(6));
  // 9 was last enough at 0.9 s, 6 at 1.9 s.
  assertEquals(driver.during(5_000, demand(2)), [{ atMs: 4_000, target: 6 }, { atMs: 5_000, target: 2 }]);
});

Deno.test("down: a load that has just fallen is held for", () => {
  const driver = new Driver(8, { idleMs: 5_000 });
  driver.at(0, demand(8));
  assertEquals(driver.at(100, demand(4)).reason, { code: "holding", forMs: 5_000 });
});

Deno.test("down: not below what leaves a margin", () => {
  const driver = new Driver(6, { ...AT_ONCE, idleMs: 1_000 });
  driver.during(5_000, demand(4, { enough: 5 }));
  assertEquals(driver.state.target, 5);
});

Deno.test("down: the cooldown after a growth", () => {
  const driver = new Driver(8, { ...AT_ONCE, noDownscaleAfterUpMs: 3_000 });
  driver.at(0, demand(9));
  assertEquals(driver.at(500, demand(5)).reason, { code: "down-cooldown", forMs: 2_500 });
  assertEquals(driver.at(2_999, demand(5)).reason, { code: "down-cooldown", forMs: 1 });
  assertEquals(driver.at(3_000, demand(5)).reason, { code: "quiet", lowForMs: 10 });
});

Deno.test("down: the cooldown after a shrink", () => {
  const driver = new Driver(8, { ...AT_ONCE, downCooldownMs: 2_000 });
  driver.at(0, demand(8));
  assertEquals(driver.at(1_000, demand(5)).target, 5);
  assertEquals(driver.at(1_200, demand(4)).reason, { code: "down-cooldown", forMs: 1_800 });
  assertEquals(driver.at(3_000, demand(4)).target, 4);
});

Deno.test("down: the longer of both cooldowns", () => {
  const driver = new Driver(8, { ...AT_ONCE, downCooldownMs: 2_000, noDownscaleAfterUpMs: 500 });
  driver.at(0, demand(8));
  driver.at(1_000, demand(4));
  driver.at(1_100, demand(5));
  assertEquals(driver.at(1_700, demand(2)).reason, { code: "down-cooldown", forMs: 1_300 });
});

Deno.test("down: in a burst, to what it wants", () => {
  const driver = new Driver(8, { ...AT_ONCE, idleMs: 1_000 });
  assertEquals(driver.during(5_000, demand(4, { burst: true })).map(({ target }) => target), [4]);
});

Deno.test("down: never while requests wait; the decision names the hold", () => {
  const driver = new Driver(8, { idleMs: 5_000 });
  const waiting = demand(4, { facts: { ...facts, queued: 1 } });
  assertEquals(driver.during(6_000, waiting), []);
  assertEquals(driver.step(waiting).reason, { code: "holding", forMs: 5_000 });
});

Deno.test("down: a worker that takes long to boot is held for ten boots", () => {
  const driver = new Driver(8, { ...AT_ONCE, idleMs: 1_000 });
  driver.bootMs = 2_000;
  driver.during(1_000, demand(8));
  assertEquals(driver.during(30_000, demand(2)), [{ atMs: 21_000, target: 2 }]);
});

Deno.test("down: while no boot time is known a worker is held for as long as a boot may take", () => {
  const driver = new Driver(8, AT_ONCE);
  driver.bootMs = 0;
  driver.during(1_000, demand(8));
  assertEquals(driver.during(60_000, demand(2)), [{ atMs: 31_000, target: 2 }]);
});

Deno.test("down: what gunicorn was started with is held like any load", () => {
  const driver = new Driver(5, { ...AT_ONCE, idleMs: 4_000 });
  assertEquals(driver.during(6_000, demand(2)), [{ atMs: 4_100, target: 2 }]);
});

Deno.test("the minimum holds at once, against a lower bound too", () => {
  assertEquals(new Driver(2).step(demand(1), bounds(12, 5)).target, 5);
  assertEquals(new Driver(2).step(demand(9), bounds(3, 5)).target, 5);
});

Deno.test("a maximum that is lowered removes workers at once", () => {
  const decision = new Driver(9).step(demand(9), bounds(4));
  assertEquals(decision.target, 4);
  assertEquals(decision.reason.code, "above-maximum");
});

Deno.test("without any signal the number stays", () => {
  const decision = new Driver(7).step("unknown");
  assertEquals(decision.action, "hold");
  assertEquals(decision.target, 7);
  assertEquals(decision.wanted, 7);
  assertEquals(decision.reason.code, "no-data");
});

Deno.test("slow, not starved: the percentile is over the objective, and no signal wants more", () => {
  const reasonAt = (p95Ms: number) => new Driver(2).step(demand(2, { facts: { ...facts, p95Ms } })).reason;
  assertEquals(reasonAt(DEFAULT_POLICY.sloP95Ms), { code: "steady" });
  assertEquals(reasonAt(DEFAULT_POLICY.sloP95Ms + 1), { code: "slow-not-starved" });
});

Deno.test("slow, not starved: not where loops are late by a tenth of the objective", () => {
  const reasonAt = (loopWaitMs: number) =>
    new Driver(2).step(demand(2, { facts: { ...facts, p95Ms: 400, loopWaitMs } })).reason.code;
  assertEquals(reasonAt(DEFAULT_POLICY.sloP95Ms / 10 - 1), "slow-not-starved");
  assertEquals(reasonAt(DEFAULT_POLICY.sloP95Ms / 10), "steady");
});

Deno.test("slow, not starved: not while a request waits", () => {
  const reasonAt = (queued: number) =>
    new Driver(2).step(demand(2, { facts: { ...facts, p95Ms: 400, queued } })).reason.code;
  assertEquals(reasonAt(0), "slow-not-starved");
  assertEquals(reasonAt(1), "steady");
});

Deno.test("paused holds against any demand", () => {
  const driver = new Driver(4);
  driver.order = { kind: "paused" };
  assertEquals(driver.at(0, demand(9)).reason.code, "paused");
  driver.order = AUTO;
  assertEquals(driver.at(100, demand(9)).target, 9);
});

Deno.test("a pinned count is taken at once and kept", () => {
  const driver = new Driver(4);
  driver.order = { kind: "pinned", workers: 6 };
  assertEquals(driver.at(0, demand(2)).target, 6);
  assertEquals(driver.at(60_000, demand(9)).target, 6);
});

const MEMORY = {
  workers: 5,
  why: { code: "memory", usedBytes: 9, limitBytes: 10, workerBytes: 1 },
} as const;

Deno.test("memory that a neighbour takes holds growth and removes no worker", () => {
  const driver = new Driver(8, { ...AT_ONCE, idleMs: 1_000 });
  const limits: Bounds = { min: 2, max: MEMORY, all: [MEMORY, CONFIGURED] };
  driver.during(5_000, demand(8), limits);
  assertEquals(driver.step(demand(8), limits).reason.code, "steady");
  assertEquals(driver.step(demand(9), limits).reason.code, "at-bound");
  assertEquals(driver.state.target, 8);
});

Deno.test("a CPU bound below the target removes workers after the hold", () => {
  const driver = new Driver(8, { ...AT_ONCE, idleMs: 1_000 });
  const cpu = { workers: 5, why: { code: "cpu", usedCores: 2, limitCores: 2, onCpuShare: 0.9 } } as const;
  const limits: Bounds = { min: 2, max: cpu, all: [cpu, CONFIGURED] };
  driver.at(0, demand(8));
  driver.nowMs = 100;
  assertEquals(driver.during(2_000, demand(8), limits), [{ atMs: 1_100, target: 5 }]);
});
