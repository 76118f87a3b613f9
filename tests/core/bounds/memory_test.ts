import { assertEquals } from "@std/assert";
import { memoryBound, NO_MEMORY_TROUBLE, watchMemory } from "../../../src/core/bounds/memory.ts";
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

Deno.test("in a control group of our own there is room for exits and one worker of a reload", () => {
  const bound = (memory: Memory) => memoryBound(sample(0, { memory }), settings, workers(5), 0, 5)!.workers;
  assertEquals(bound(group(700)), 7); // (900 - 700 - 5 * 6) / 66
  assertEquals(bound(group(300, { workerBytes: 300 * MIB })), 6); // (700 - 300 - 30) / 306
  assertEquals(bound(group(700, { reservedBytes: 100 * MIB })), 6);
  assertEquals(bound(group(100, { stalledShare: 0.2 })), 5, "all wait for memory");
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
  assertEquals(goes[1]! - goes[0]! >= 5_000, true);
});

Deno.test("memory that neighbours use removes no worker", () => {
  const driver = new Driver({ minWorkers: 2 }, 6);
  const full = group(990, { own: "unknown" });
  assertEquals(
    driver.run(200, { memory: full, workers: workers(6), load: load({ inFlightMs: 600 }) }).target,
    6,
  );
});

Deno.test("an OOM kill takes one worker off the count and bars growth for ten minutes", () => {
  const driver = new Driver({ minWorkers: 2, maxWorkers: 12 }, 6);
  const at = (oomKills: number) =>
    driver.step({ memory: group(500, { oomKills }), workers: workers(6), load: load({ inFlightMs: 600 }) });
  at(7);
  assertEquals(at(7).action, "hold", "kills before us are not ours");
  const removal = at(8);
  assertEquals(removal.target, 5);
  assertEquals(removal.reason, { code: "oom-kill", kills: 1, minimum: 2 });
  let last = at(8);
  for (let i = 0; i < 5_000; i++) last = at(8);
  assertEquals(last.target, 5);
  assertEquals(last.bounds.max.why.code, "oom-kill");
  for (let i = 0; i < 1_200; i++) last = at(8);
  assertEquals(last.bounds.all.map(({ why }) => why.code), ["memory", "configured"], "it may be tried again");
});

Deno.test("one kill leaves the minimum, kills that go on do not", () => {
  const counts = workers(2);
  const looked = (nowMs: number, oomKills: number) => sample(nowMs, { memory: group(500, { oomKills }) });
  let { watch } = watchMemory(NO_MEMORY_TROUBLE, looked(0, 0), settings, counts, 2);
  let removal;
  ({ watch, removal } = watchMemory(watch, looked(1_000, 1), settings, counts, 2));
  assertEquals(removal, undefined, "one greedy request");
  ({ watch, removal } = watchMemory(watch, looked(9_000, 2), settings, counts, 2));
  assertEquals(removal, { workers: 1, reason: { code: "oom-kill", kills: 2, minimum: 2 } });
  ({ watch, removal } = watchMemory(watch, looked(10_000, 3), settings, counts, 1));
  assertEquals(removal, undefined, "the last one stays");
});

Deno.test("a control group of our own is full from 95 % of its limit on, after a second", () => {
  const driver = new Driver({ minWorkers: 2 }, 6);
  const at = (usedMib: number) =>
    driver.step({ memory: group(usedMib), workers: workers(6), load: load({ inFlightMs: 600 }) });
  for (let i = 0; i < 50; i++) assertEquals(at(949).action, "hold");
  for (let i = 0; i < 10; i++) assertEquals(at(950).action, "hold");
  assertEquals(at(950).reason.code, "memory-full");
});
