import { assert, assertEquals } from "@std/assert";
import type { WindowSums } from "../../src/core/history.ts";
import { type BootGate, boundsOf, type LimitInput, nextGate, OPEN_GATE } from "../../src/core/limits.ts";
import { DEFAULT_POLICY } from "../../src/core/policy_settings.ts";
import type { Cpu, Memory, Sample } from "../../src/core/sample.ts";
import { sample } from "./samples.ts";

const MIB = 2 ** 20;
const quiet: WindowSums = {
  spanMs: 3_000,
  occupiedMs: 0,
  arrivals: 0,
  started: 0,
  finished: 0,
  serviceMs: 0,
  queuedMs: 0,
  workerMs: 6_000,
  cpuMs: 0,
  cpuWaitMs: 0,
};

function bounds(changes: Partial<Sample> = {}, rest: Partial<LimitInput> = {}) {
  const looked = sample(10_000, changes);
  return boundsOf({
    sample: looked,
    settings: { ...DEFAULT_POLICY, maxWorkers: 12 },
    counts: { target: 5, ready: 5, booting: 0, draining: 0, oldestBootMs: 0 },
    young: 0,
    target: 5,
    gate: OPEN_GATE,
    recent: quiet,
    stable: quiet,
    ...rest,
  });
}

const memory = (usedMib: number, workerMib: number | "unknown" = 60): Memory => ({
  limitBytes: 1000 * MIB,
  usedBytes: usedMib * MIB,
  workerBytes: workerMib === "unknown" ? "unknown" : workerMib * MIB,
});
const cpu = (usedCores: number, changes: Partial<Cpu> = {}): Cpu => ({
  limitCores: 2,
  usedCores,
  workerCores: usedCores,
  waitingCores: 0,
  throttledShare: 0,
  busiestWorkerCores: 1,
  ...changes,
});

Deno.test("the configured maximum bounds when nothing else is known", () => {
  assertEquals(bounds().max, { workers: 12, why: { code: "configured" } });
});

Deno.test("memory bounds what fits below its share of the limit", async (t) => {
  const cases: [usedMib: number, booting: number, workers: number][] = [
    [700, 0, 8], // room 200 MiB: 3 more than the 5 there are
    [700, 2, 8], // two of the 3 are booting already: 5 + 2 + 1
    [890, 0, 5], // no room for one more
    [960, 0, 4], // one too many already
    [2000, 0, 2], // the minimum holds whatever the machine says
    [100, 0, 12],
  ];
  for (const [usedMib, booting, workers] of cases) {
    await t.step(`${usedMib} MiB used, ${booting} booting: ${workers} workers`, () => {
      const counts = { target: 5, ready: 5, booting, draining: 0, oldestBootMs: 0 };
      assertEquals(bounds({ memory: memory(usedMib) }, { counts }).max.workers, workers);
    });
  }
});

Deno.test("memory that young workers took may not have been read: it is set aside", () => {
  assertEquals(bounds({ memory: memory(700) }, { young: 2 }).max.workers, 6);
});

Deno.test("memory bounds nothing while no worker has been measured", () => {
  assertEquals(bounds({ memory: memory(990, "unknown") }).max.why.code, "configured");
});

const computing: WindowSums = { ...quiet, occupiedMs: 12_000, cpuMs: 5_400, cpuWaitMs: 6_000 };

Deno.test("requests that want the CPU most of their time are bounded by the cores", () => {
  // 5400 of the 12000 - 6000 ms not spent in the run queue: 90 % on the CPU. 2 / 0.9 * 1.25 = 2.8.
  const { max } = bounds({ cpu: cpu(1.9) }, { recent: computing });
  assertEquals([max.workers, max.why.code], [3, "cpu"]);
});

Deno.test("the bound is there before the CPU is used up, from what requests did in the quiet before", () => {
  const { max } = bounds({ cpu: cpu(0.2) }, { stable: { ...quiet, occupiedMs: 500, cpuMs: 450 } });
  assertEquals([max.workers, max.why.code], [3, "cpu"]);
});

Deno.test("what requests do now counts before what they did", () => {
  const waiting = { ...quiet, occupiedMs: 9_000, cpuMs: 500 };
  assertEquals(bounds({ cpu: cpu(0.2) }, { recent: waiting, stable: computing }).max.why.code, "configured");
});

Deno.test("no CPU bound for requests that wait for something else, or from too few requests to tell", () => {
  const waiting = { ...computing, cpuMs: 2_000, cpuWaitMs: 500 };
  assertEquals(bounds({ cpu: cpu(1.9) }, { recent: waiting }).max.why.code, "configured");
  const few = { ...quiet, occupiedMs: 100, cpuMs: 100 };
  assertEquals(bounds({ cpu: cpu(1.9) }, { recent: few, stable: few }).max.why.code, "configured");
});

Deno.test("a container with less than a core still gets two CPU-bound workers", () => {
  assertEquals(bounds({ cpu: cpu(0.5, { limitCores: 0.5 }) }, { recent: computing }).max.workers, 2);
});

Deno.test("a failed boot bars growth, ever longer, until a worker is ready after the pause", () => {
  const failing = (nowMs: number) => sample(nowMs, { boots: { failures: 1, lastBootMs: 20 } });
  let gate: BootGate = OPEN_GATE;
  const pauses: number[] = [];
  for (let i = 0, nowMs = 0; i < 8; i++, nowMs = gate.retryAtMs) {
    gate = nextGate(gate, failing(nowMs), false);
    pauses.push(gate.retryAtMs - nowMs);
  }
  assertEquals(pauses, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
  const { max } = bounds({}, { gate: { failures: 8, retryAtMs: 20_000 } });
  assertEquals([max.workers, max.why.code], [5, "boot-failures"]);
  assertEquals(bounds({}, { gate: { failures: 8, retryAtMs: 9_000 } }).max.why.code, "configured");
  assertEquals(nextGate(gate, sample(gate.retryAtMs - 1), true), gate);
  assertEquals(nextGate(gate, sample(gate.retryAtMs), true), OPEN_GATE);
});

Deno.test("the lowest bound leads, and all are told", () => {
  const { max, all } = bounds({ memory: memory(700), cpu: cpu(1.9) }, { recent: computing });
  assertEquals(max.why.code, "cpu");
  assertEquals(all.map((b) => b.why.code), ["cpu", "memory", "configured"]);
  assert(all.every((b, i) => i === 0 || b.workers >= all[i - 1]!.workers));
});
