import { assertEquals } from "@std/assert";
import { Autoscaler } from "../../../src/core/autoscaler.ts";
import { AUTO, type Order } from "../../../src/core/policy/standing_order.ts";
import { asleepDecision, AWAKE, nextSleep } from "../../../src/core/policy/sleep.ts";
import { DEFAULT_POLICY, type PolicySettings } from "../../../src/core/policy_settings.ts";
import type { Decision } from "../../../src/core/reason.ts";
import type { Sample, SleepReading } from "../../../src/core/sample.ts";
import { load, sample } from "../samples.ts";

const READING: SleepReading = { isPossible: true, wakes: 0, hasForkServer: true, firstAnswerMs: "unknown" };
const NONE = { target: 0, ready: 0, booting: 0, draining: 0, oldestBootMs: 0 };
/** What there is to see without workers. */
const ASLEEP: Partial<Sample> = { workers: NONE, load: "unknown" };
const woken = (wakes: number): Partial<Sample> => ({
  workers: { ...NONE, target: 1, booting: 1 },
  load: "unknown",
  sleep: { ...READING, wakes },
});

/** Samples 100 ms apart. */
class Night {
  nowMs = 0;
  order: Order = AUTO;
  settings: PolicySettings = { ...DEFAULT_POLICY, minWorkers: 2, maxWorkers: 8, sleepAfterMs: 60_000 };
  readonly #law = new Autoscaler(this.settings, 2);

  get isAsleep(): boolean {
    return this.#law.isAsleep;
  }

  step(changes: Partial<Sample> = {}): Decision {
    const seen = sample(this.nowMs, { sleep: READING, ...changes, elapsedMs: this.nowMs === 0 ? 0 : 100 });
    const decision = this.#law.step(seen, this.settings, this.order);
    this.nowMs += 100;
    return decision;
  }

  run(seconds: number, changes: Partial<Sample> = {}): Decision {
    for (let i = 1; i < 10 * seconds; i++) this.step(changes);
    return this.step(changes);
  }

  fallAsleep(): Decision {
    this.step({ load: load({ started: 1, finished: 1 }) });
    return this.run(60.1);
  }
}

const moved = ({ current, target, reason }: Decision) => [current, target, reason.code];

Deno.test("after so long without a request there is no worker", () => {
  const night = new Night();
  night.step({ load: load({ started: 1, finished: 1 }) });
  assertEquals(night.run(60).target, 2);
  assertEquals(moved(night.step()), [2, 0, "asleep"]);
});

Deno.test("the law says that it is asleep", () => {
  const night = new Night();
  assertEquals(night.isAsleep, false);
  night.fallAsleep();
  assertEquals(night.isAsleep, true);
});

Deno.test("asleep no worker comes by itself", () => {
  const night = new Night();
  night.fallAsleep();
  assertEquals(moved(night.run(120, ASLEEP)), [0, 0, "asleep"]);
});

Deno.test("without the setting some workers always stay", () => {
  const night = new Night();
  night.settings = { ...night.settings, sleepAfterMs: 0 };
  assertEquals(night.run(120).target, 2);
});

const wakeful: Record<string, Partial<Sample>> = {
  "a request that begins": { load: load({ started: 1 }) },
  "one in flight": { load: load({ inFlight: 1 }) },
  "one that waits": { queue: 1 },
  "one that waits for a thread": { load: load({ innerQueue: 1 }) },
  "a thread that has a connection": { load: load({ busyThreads: 1 }) },
  "a websocket": { load: load({ websockets: 1 }) },
  "an event stream": { load: load({ streams: 1 }) },
  "a queue that cannot be read": { queue: "unknown" },
  "a load that cannot be read": { load: "unknown" },
  "workers that cannot be read": { workers: "unknown" },
  "some workers that cannot be read": { load: load({ coverage: 0.5 }) },
  "a worker without a slot": {
    workers: { target: 2, ready: 2, booting: 0, draining: 0, oldestBootMs: 0, unseen: 1 },
  },
  "workers that all drain": { workers: { target: 2, ready: 0, booting: 0, draining: 2, oldestBootMs: 0 } },
  "a worker that boots": { workers: { target: 2, ready: 1, booting: 1, draining: 0, oldestBootMs: 9 } },
  "listeners without a reader": { sleep: { ...READING, isPossible: false } },
  "no probe": { sleep: undefined },
};
for (const [what, changes] of Object.entries(wakeful)) {
  Deno.test(`${what} keeps it awake, and the time counts from its end`, () => {
    const night = new Night();
    assertEquals(night.run(59).target, 2);
    assertEquals(night.run(120, changes).target > 0, true);
    assertEquals(night.run(59.9).target > 0, true);
    assertEquals(night.run(0.3).target, 0);
  });
}

Deno.test("a request wakes one worker", () => {
  const night = new Night();
  night.fallAsleep();
  night.run(10, ASLEEP);
  const decision = night.step(woken(1));
  assertEquals(moved(decision), [0, 1, "woken"]);
  assertEquals(decision.reason, { code: "woken", by: "request", afterMs: 10_100 });
});

Deno.test("woken, one worker boots, and the minimum comes once it serves", () => {
  const night = new Night();
  night.fallAsleep();
  assertEquals(night.run(5, woken(1)).target, 1);
  const served = {
    workers: { ...NONE, target: 1, ready: 1 },
    load: load({ started: 1, finished: 1, serviceMs: 5 }),
  };
  assertEquals(moved(night.step({ ...served, sleep: { ...READING, wakes: 1 } })), [1, 2, "below-minimum"]);
});

Deno.test("a client that the master does not hear wakes it all the same", () => {
  for (const changes of [{ ...ASLEEP, queue: 1 }, { load: load({ started: 1, finished: 1 }) }]) {
    const night = new Night();
    night.fallAsleep();
    night.step(ASLEEP);
    assertEquals(moved(night.step(changes)), [0, 1, "woken"]);
  }
});

Deno.test("a burst into a sleep is a burst", () => {
  const night = new Night();
  night.fallAsleep();
  night.run(10, ASLEEP);
  night.step({ ...woken(1), queue: 30 });
  const decision = night.run(1, {
    workers: { ...NONE, target: 1, ready: 1 },
    load: load({ started: 4, finished: 4, serviceMs: 400, inFlight: 1, inFlightMs: 100, busyMs: 100 }),
    queue: 30,
    sleep: { ...READING, wakes: 1 },
  });
  assertEquals(decision.target, 8);
});

Deno.test("it falls asleep again, and a second waking is another", () => {
  const night = new Night();
  night.fallAsleep();
  night.step(woken(1));
  const again = { sleep: { ...READING, wakes: 1 } };
  assertEquals(night.run(61, again).target, 0);
  assertEquals(night.run(5, { ...ASLEEP, ...again }).target, 0);
  assertEquals(night.step(woken(2)).reason.code, "woken");
});

/** A night that has fallen asleep and then got this order. */
function asleepWith(order: Order): Night {
  const night = new Night();
  night.fallAsleep();
  night.order = order;
  return night;
}
const AWAKE_AGAIN = { sleep: { ...READING, wakes: 1 } };

Deno.test("a pause keeps it asleep", () => {
  assertEquals(asleepWith({ kind: "paused" }).run(60, ASLEEP).target, 0);
});

Deno.test("a pause does not keep a client out", () => {
  assertEquals(moved(asleepWith({ kind: "paused" }).step(woken(1))), [0, 1, "woken"]);
});

Deno.test("a pause keeps what there is awake", () => {
  const night = asleepWith({ kind: "paused" });
  night.step(woken(1));
  assertEquals(night.run(120, AWAKE_AGAIN).target, 1);
});

Deno.test("after a pause it falls asleep again", () => {
  const night = asleepWith({ kind: "paused" });
  night.step(woken(1));
  night.order = AUTO;
  assertEquals(night.run(61, AWAKE_AGAIN).target, 0);
});

Deno.test("pinned workers end a sleep at once", () => {
  assertEquals(moved(asleepWith({ kind: "pinned", workers: 4 }).step(ASLEEP)), [0, 4, "pinned"]);
});

Deno.test("pinned workers stay without a request", () => {
  const night = asleepWith({ kind: "pinned", workers: 4 });
  night.step(ASLEEP);
  assertEquals(night.run(120).target, 4);
});

Deno.test("a setting that is taken back ends the sleep with the minimum", () => {
  const night = new Night();
  night.fallAsleep();
  night.settings = { ...night.settings, sleepAfterMs: 0 };
  assertEquals(night.step(ASLEEP).reason.code, "woken");
  assertEquals(night.run(1).target, 2);
});

/** Whether the sleep is deep as it begins, 59 s later and 61 s later, after a minute without a request. */
function depths(deepSleepAfterMs: number): boolean[] {
  const night = new Night();
  night.settings = { ...night.settings, deepSleepAfterMs };
  const isDeep = ({ reason }: Decision) => reason.code === "asleep" && reason.isDeep;
  return [night.fallAsleep(), night.run(59, ASLEEP), night.run(2, ASLEEP)].map(isDeep);
}

Deno.test("the fork server stops after its own time", () => {
  assertEquals(depths(120_000), [false, false, true]);
});

Deno.test("the fork server stops at once where its time is shorter", () => {
  assertEquals(depths(1_000), [true, true, true]);
});

Deno.test("without a time of its own the fork server does not stop", () => {
  assertEquals(depths(0), [false, false, false]);
});

Deno.test("a reload that takes the listeners away ends the sleep", () => {
  const night = new Night();
  night.fallAsleep();
  night.step(ASLEEP);
  const { current, target, reason } = night.step({ ...ASLEEP, sleep: { ...READING, isPossible: false } });
  assertEquals([current, target, reason.code], [0, 1, "woken"]);
});

Deno.test("the decision to fall asleep removes workers, those after it hold none", () => {
  const night = new Night();
  night.step({ load: load({ started: 1, finished: 1 }) });
  night.run(60);
  assertEquals(night.step().action, "shrink");
  const { action, wanted } = night.step(ASLEEP);
  assertEquals([action, wanted], ["hold", 0]);
});

Deno.test("the decision says how long it has been asleep", () => {
  const night = new Night();
  night.fallAsleep();
  const { reason } = night.run(30, ASLEEP);
  assertEquals(reason.code === "asleep" && reason.forMs, 30_000);
});

Deno.test("the first boots are those of the minimum, as nothing was woken", () => {
  const decision = new Night().step({ workers: { ...NONE, target: 2, booting: 2 }, load: "unknown" });
  assertEquals([decision.target, decision.bounds.min], [2, 2]);
});

Deno.test("a sleep goes on where the master says nothing", () => {
  const asleep = { ...AWAKE, quietSinceMs: 0, sinceMs: 60_000 };
  const settings = { ...DEFAULT_POLICY, sleepAfterMs: 60_000 };
  const seen = sample(70_000, { ...ASLEEP, sleep: undefined });
  assertEquals(nextSleep(asleep, seen, settings, AUTO), { sleep: asleep });
});

Deno.test("the shortest time is a millisecond", () => {
  const quiet = { ...AWAKE, quietSinceMs: 100 };
  const settings = { ...DEFAULT_POLICY, sleepAfterMs: 1 };
  assertEquals(nextSleep(quiet, sample(101, { sleep: READING }), settings, AUTO).sleep.sinceMs, 101);
});

/** The decision 5 s after the last request, 3 s asleep, from so many workers. */
function decisionAsleep(deepSleepAfterMs: number, current: number): Decision {
  const asleep = { ...AWAKE, quietSinceMs: 10_000, sinceMs: 12_000 };
  const settings = { ...DEFAULT_POLICY, deepSleepAfterMs };
  return asleepDecision(sample(15_000), asleep, settings, current);
}
const isDeep = ({ reason }: Decision) => reason.code === "asleep" && reason.isDeep;

Deno.test("the sleep is deep from its time since the last request on", () => {
  assertEquals([5_000, 5_001].map((ms) => isDeep(decisionAsleep(ms, 0))), [true, false]);
});

Deno.test("the shortest time of the fork server is a millisecond", () => {
  assertEquals([0, 1].map((ms) => isDeep(decisionAsleep(ms, 0))), [false, true]);
});

Deno.test("the last worker too is removed", () => {
  assertEquals(decisionAsleep(0, 1).action, "shrink");
});
