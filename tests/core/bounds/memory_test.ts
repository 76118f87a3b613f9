import { assertEquals } from "@std/assert";
import { memoryBound, NO_MEMORY_TROUBLE, reloadRoom, watchMemory } from "../../../src/core/bounds/memory.ts";
import { DEFAULT_POLICY } from "../../../src/core/policy_settings.ts";
import type { Memory } from "../../../src/core/sample.ts";
import { Driver, workers } from "../autoscaler_driver.ts";
import { load, sample } from "../samples.ts";

const MIB = 2 ** 20;
const group = (usedMib: number, changes: Partial<Memory> = {}): Memory => ({
  limitBytes: 1000 * MIB,
  usedBytes: usedMib * MIB,
  workerBytes: 60 * MIB,
  own: { limitBytes: 1000 * MIB, usedBytes: usedMib * MIB },
  ...changes,
});
const settings = { ...DEFAULT_POLICY, minWorkers: 2, maxWorkers: 12 };

const room = (memory: Memory | "unknown") => reloadRoom(sample(0, { memory }));

/** What five workers may become. */
const bound = (memory: Memory) => memoryBound(sample(0, { memory }), settings, workers(5), 0, 5)!.workers;

Deno.test("in a control group of our own there is room for the exits of all workers", () => {
  assertEquals(bound(group(700)), 7); // (900 - 700 - 5 * 6) / 66
});

Deno.test("in a control group of our own there is room for one worker of a reload", () => {
  assertEquals(bound(group(200, { workerBytes: 300 * MIB })), 6); // (700 - 200 - 30) / 306
});

Deno.test("beside neighbours there is no room for a reload", () => {
  assertEquals(bound(group(300, { workerBytes: 300 * MIB, own: "unknown" })), 7); // (900 - 300) / 300
});

Deno.test("a share of 1 is the whole limit", () => {
  const memory = group(700, { own: "unknown" });
  const all = { ...settings, memoryShare: 1 };
  assertEquals(memoryBound(sample(0, { memory }), all, workers(5), 0, 5)!.workers, 10); // (1000 - 700) / 60
});

Deno.test("memory that others have reserved is not there for workers", () => {
  assertEquals(bound(group(700, { reservedBytes: 100 * MIB })), 6);
});

Deno.test("while all processes wait for memory no worker is added", () => {
  assertEquals(bound(group(100, { stalledShare: 0.1 })), 5);
});

Deno.test("while hardly a process waits for memory workers are added", () => {
  assertEquals(bound(group(700, { stalledShare: 0.09 })), 7);
});

Deno.test("memory that is short holds growth and takes no worker away as quiet", () => {
  const driver = new Driver({ minWorkers: 2 }, 6);
  const short = group(940, { own: "unknown" });
  const decision = driver.run(300, { memory: short, workers: workers(6), load: load({ inFlightMs: 590 }) });
  assertEquals(decision.target, 6);
  assertEquals(decision.bounds.max.why.code, "memory");
});

Deno.test("a full control group of our own loses one worker at a time, down to the minimum", () => {
  const driver = new Driver({ minWorkers: 4 }, 6);
  const busy = load({ inFlightMs: 600 });
  const goes: number[] = [];
  for (let i = 0; i < 200; i++) {
    const decision = driver.step({ memory: group(970), workers: workers(6), load: busy });
    if (decision.action === "hold") continue;
    assertEquals(decision.reason.code, "memory-full");
    assertEquals(decision.target, decision.current - 1);
    goes.push(driver.nowMs);
  }
  assertEquals(goes.length, 2);
  assertEquals(goes[1]! - goes[0]!, 5_000);
});

Deno.test("memory that neighbours use removes no worker", () => {
  const driver = new Driver({ minWorkers: 2 }, 6);
  const full = group(990, { own: "unknown" });
  assertEquals(
    driver.run(200, { memory: full, workers: workers(6), load: load({ inFlightMs: 600 }) }).target,
    6,
  );
});

/** Six busy workers in a control group of which seven processes were killed before the start. */
class Killed {
  readonly #driver = new Driver({ minWorkers: 2, maxWorkers: 12 }, 6);

  /** The decision after so many more seconds with so many kills in all. */
  after(seconds: number, oomKills: number) {
    const memory = group(500, { oomKills });
    return this.#driver.run(10 * seconds, { memory, workers: workers(6), load: load({ inFlightMs: 600 }) });
  }
}

Deno.test("OOM kills before the start remove no worker", () => {
  assertEquals(new Killed().after(1, 7).action, "hold");
});

Deno.test("an OOM kill takes one worker off the count", () => {
  const killed = new Killed();
  killed.after(1, 7);
  const removal = killed.after(0.1, 8);
  assertEquals(removal.target, 5);
  assertEquals(removal.reason, { code: "oom-kill", kills: 1, minimum: 2 });
});

Deno.test("an OOM kill bars growth for ten minutes", () => {
  const killed = new Killed();
  killed.after(1, 7);
  const last = killed.after(599, 8);
  assertEquals(last.target, 5);
  assertEquals(last.bounds.max.why.code, "oom-kill");
});

Deno.test("ten minutes after an OOM kill growth may be tried again", () => {
  const killed = new Killed();
  killed.after(1, 7);
  assertEquals(killed.after(601, 8).bounds.all.map(({ why }) => why.code), ["memory", "configured"]);
});

/** The removal at the last of these readings of the minimum of two workers, or of so many. */
function removedAtMinimum(readings: readonly { atMs: number; oomKills: number }[], count = 2) {
  let { watch } = watchMemory(
    NO_MEMORY_TROUBLE,
    sample(0, { memory: group(500, { oomKills: 0 }) }),
    settings,
    workers(2),
    2,
  );
  let removal;
  for (const { atMs, oomKills } of readings) {
    const seen = sample(atMs, { memory: group(500, { oomKills }) });
    ({ watch, removal } = watchMemory(watch, seen, settings, workers(2), count));
  }
  return removal;
}

Deno.test("one kill leaves the minimum: it may be one greedy request", () => {
  assertEquals(removedAtMinimum([{ atMs: 1_000, oomKills: 1 }]), undefined);
});

Deno.test("kills that go on take a worker off the minimum", () => {
  assertEquals(removedAtMinimum([{ atMs: 1_000, oomKills: 1 }, { atMs: 9_000, oomKills: 2 }]), {
    workers: 1,
    reason: { code: "oom-kill", kills: 2, minimum: 2 },
  });
});

Deno.test("a kill a minute after another goes on from it, a later one does not", () => {
  const minutesApart = (atMs: number) =>
    removedAtMinimum([{ atMs: 1_000, oomKills: 1 }, { atMs, oomKills: 2 }])?.workers;
  assertEquals([61_000, 61_001].map(minutesApart), [1, undefined]);
});

Deno.test("kills that go on leave the last worker", () => {
  assertEquals(removedAtMinimum([{ atMs: 1_000, oomKills: 1 }, { atMs: 9_000, oomKills: 2 }], 1), undefined);
});

Deno.test("the ceiling of a kill holds to the end of its time", () => {
  const killed = { ...NO_MEMORY_TROUBLE, kills: 1, recentKills: 1, ceiling: 3, untilMs: 1_000 };
  const ceilingAt = (atMs: number) =>
    watchMemory(killed, sample(atMs, { memory: group(500, { oomKills: 1 }) }), settings, workers(3), 3).watch
      .ceiling;
  assertEquals([1_000, 1_001].map(ceilingAt), [3, Infinity]);
});

/** The removal from two workers, of which so many drain besides, in a group that is full since a kill. */
function removedWhenFull(draining: number) {
  const killed = { ...NO_MEMORY_TROUBLE, kills: 1, recentKills: 1, untilMs: 99_000, fullSinceMs: 0 };
  const seen = sample(10_000, { memory: group(970, { oomKills: 1 }) });
  return watchMemory(killed, seen, settings, { ...workers(2), draining }, 2).removal?.workers;
}

Deno.test("of a minimum that does not fit one worker is removed", () => {
  assertEquals(removedWhenFull(0), 1);
});

Deno.test("no worker is removed for memory while another drains", () => {
  assertEquals(removedWhenFull(1), undefined);
});

/** The minimum of two workers, for so many seconds after so many kills, in a group with so much memory in use. */
function minimumAfter(kills: number, usedMib: number, seconds: number) {
  const driver = new Driver({ minWorkers: 2 }, 2);
  const busy = { workers: workers(2), load: load({ inFlightMs: 200 }) };
  driver.run(10, { ...busy, memory: group(500, { oomKills: 0 }) });
  return driver.run(10 * seconds, { ...busy, memory: group(usedMib, { oomKills: kills }) });
}

Deno.test("a group that is full again after a kill loses a worker of the minimum", () => {
  assertEquals(minimumAfter(1, 970, 6).target, 1);
  assertEquals(minimumAfter(1, 970, 60).target, 1);
});

Deno.test("a full group without a kill, or a kill in one that is not full, leaves the minimum", () => {
  assertEquals(minimumAfter(0, 970, 60).target, 2);
  assertEquals(minimumAfter(1, 940, 60).target, 2);
});

/** The reason after so many seconds with so much memory in use. */
function reasonWith(usedMib: number, seconds: number) {
  const driver = new Driver({ minWorkers: 2 }, 6);
  const busy = { workers: workers(6), load: load({ inFlightMs: 600 }) };
  driver.run(10, { ...busy, memory: group(500) });
  return driver.run(10 * seconds, { ...busy, memory: group(usedMib) }).reason.code;
}

Deno.test("a control group of our own is not full below 95 % of its limit", () => {
  assertEquals(reasonWith(949, 5) === "memory-full", false);
});

Deno.test("a control group of our own is full after a second at 95 % of its limit", () => {
  assertEquals(reasonWith(950, 1) === "memory-full", false);
  assertEquals(reasonWith(950, 1.1), "memory-full");
});

/** Why five workers are bounded. */
const why = (memory: Memory) => memoryBound(sample(0, { memory }), settings, workers(5), 0, 5)!.why;

Deno.test("the bound says whether the memory of a worker is assumed", () => {
  assertEquals("isAssumed" in why(group(700)), false);
  assertEquals("isAssumed" in why(group(700, { isAssumed: true })), true);
});

Deno.test("the bound says whether all processes wait for memory", () => {
  assertEquals("isStalled" in why(group(700)), false);
  assertEquals("isStalled" in why(group(700, { stalledShare: 0.2 })), true);
});

Deno.test("the bound of an OOM kill says how much longer it holds", () => {
  const killed = new Killed();
  killed.after(1, 7);
  const { why } = killed.after(100, 8).bounds.max;
  assertEquals(why.code === "oom-kill" && why.forMs > 499_000 && why.forMs < 501_000, true);
});

Deno.test("a reload has no room for one more process where a used worker would not fit", () => {
  assertEquals([940, 941].map((usedMib) => room(group(usedMib))), ["one", "none"]);
  assertEquals(room(group(941, { own: "unknown" })), "none");
  // What a used worker takes is not known yet.
  assertEquals(room(group(941, { isAssumed: true })), "one");
  assertEquals(room(group(941, { workerBytes: "unknown" })), "one");
  assertEquals(room("unknown"), "one");
});

Deno.test("a reload has room for those that drain for long where two workers fit beside what young ones will take", () => {
  const reservedBytes = 100 * MIB;
  assertEquals([780, 781].map((usedMib) => room(group(usedMib, { reservedBytes }))), ["more", "one"]);
  assertEquals(room(group(780, { reservedBytes, isAssumed: true })), "more");
  assertEquals(room(group(300)), "one", "what young ones will take is not known");
  assertEquals(room(group(300, { reservedBytes, stalledShare: 0.5 })), "one");
});
