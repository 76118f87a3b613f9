import { assert, assertEquals } from "@std/assert";
import { History, type WindowSums } from "../../../src/core/history.ts";
import {
  type BootGate,
  boundsOf,
  type LimitInput,
  nextGate,
  OPEN_GATE,
} from "../../../src/core/bounds/bounds.ts";
import { DEFAULT_POLICY } from "../../../src/core/policy_settings.ts";
import type { Cpu, Memory, Sample } from "../../../src/core/sample.ts";
import { sample } from "../samples.ts";

const MIB = 2 ** 20;
const quiet: WindowSums = { ...new History(0).sums(0), spanMs: 3_000, workerMs: 6_000 };

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
    before: quiet,
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
    [960, 0, 5], // one too many already: growth is held, no worker is removed
    [2000, 0, 5],
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
  assertEquals(bounds({ memory: memory(990, "unknown") }).all.map(({ why }) => why.code), ["configured"]);
});

const computing: WindowSums = { ...quiet, occupiedMs: 12_000, cpuMs: 5_400, cpuWaitMs: 6_000 };

Deno.test("requests that want the CPU most of their time are bounded by the cores", () => {
  // 5400 of the 12000 - 6000 ms not spent in the run queue: 90 % on the CPU. 2 / 0.9 * 1.25 = 2.8.
  const { max } = bounds({ cpu: cpu(1.9) }, { recent: computing });
  assertEquals(max.workers, 3);
  assertEquals(max.why.code, "cpu");
});

Deno.test("the bound is there before the CPU is used up, from what requests did in the quiet before", () => {
  const { max } = bounds({ cpu: cpu(0.2) }, { stable: { ...quiet, occupiedMs: 500, cpuMs: 450 } });
  assertEquals(max.workers, 3);
  assertEquals(max.why.code, "cpu");
});

Deno.test("threads that wait for the interpreter lock are bounded by what their workers compute while they serve", () => {
  const model = { kind: "gthread", slots: 4 } as const;
  // Four requests at once on each of two workers: 22 % of a request's time, 90 % of a worker's.
  const threads = { ...quiet, occupiedMs: 24_000, servingMs: 6_000, cpuMs: 5_400 };
  assertEquals(bounds({ model, cpu: cpu(1.9) }, { recent: threads }).max.workers, 3);
  assertEquals(bounds({ cpu: cpu(1.9) }, { recent: threads }).max.why.code, "configured");
  // The CPU of workers that have just come is not read yet: what was before them tells.
  const young = { ...threads, servingMs: 24_000 };
  assertEquals(bounds({ model, cpu: cpu(1.9) }, { recent: young, before: threads }).max.workers, 3);
  assertEquals(bounds({ model, cpu: cpu(1.9) }, { recent: young }).max.why.code, "configured");
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
  const settings = { ...DEFAULT_POLICY, minWorkers: 1, maxWorkers: 12 };
  const half = cpu(0.5, { limitCores: 0.5 });
  assertEquals(bounds({ cpu: half }, { recent: computing, settings }).max.workers, 2);
});

Deno.test("each failed boot in a row doubles the pause, up to a minute", () => {
  const failing = (nowMs: number) => sample(nowMs, { boots: { failures: 1, lastBootMs: 20 } });
  let gate: BootGate = OPEN_GATE;
  const pauses: number[] = [];
  for (let i = 0, nowMs = 0; i < 8; i++, nowMs = gate.retryAtMs) {
    gate = nextGate(gate, failing(nowMs), false);
    pauses.push(gate.retryAtMs - nowMs);
  }
  assertEquals(pauses, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
});

Deno.test("a failed boot bars growth until its pause ends", () => {
  const { max } = bounds({}, { gate: { failures: 8, retryAtMs: 20_000 } });
  assertEquals(max.workers, 5);
  assertEquals(max.why.code, "boot-failures");
  assertEquals(bounds({}, { gate: { failures: 8, retryAtMs: 9_000 } }).max.why.code, "configured");
});

Deno.test("a worker that is ready after the pause opens the gate, one before it does not", () => {
  const gate: BootGate = { failures: 8, retryAtMs: 60_000 };
  assertEquals(nextGate(gate, sample(gate.retryAtMs - 1), true), gate);
  assertEquals(nextGate(gate, sample(gate.retryAtMs), true), OPEN_GATE);
});

Deno.test("the lowest bound leads, the others follow in order", () => {
  const { max, all } = bounds({ memory: memory(700), cpu: cpu(1.9) }, { recent: computing });
  assertEquals(max.why.code, "cpu");
  assertEquals(all.map((b) => b.why.code), ["cpu", "memory", "configured"]);
  assert(all.every((b, i) => i === 0 || b.workers >= all[i - 1]!.workers));
});

Deno.test("the minimum and the maximum are those that were set", () => {
  const settings = { ...DEFAULT_POLICY, minWorkers: 3, maxWorkers: 7 };
  const { min, max } = bounds({}, { settings });
  assertEquals(min, 3);
  assertEquals(max.workers, 7);
});

Deno.test("memory: what booting workers and young ones will take is set aside together", () => {
  // Room for 200 MiB, 120 of which two workers are about to take: one more than the 6 there are.
  const counts = { target: 6, ready: 5, booting: 1, draining: 0, oldestBootMs: 10 };
  assertEquals(bounds({ memory: memory(700) }, { counts, young: 1 }).max.workers, 7);
});

Deno.test("memory: exactly what fits is allowed", () => {
  assertEquals(bounds({ memory: memory(780) }).max.workers, 7); // 900 - 780 = 2 x 60
  assertEquals(bounds({ memory: memory(781) }).max.workers, 6);
});

Deno.test("memory: a worker that takes none bounds nothing, the smallest does", () => {
  assertEquals(bounds({ memory: memory(890, 0) }).all.map(({ why }) => why.code), ["configured"]);
  const tiny: Memory = { limitBytes: 1_000, usedBytes: 895, workerBytes: 1 };
  assertEquals(bounds({ memory: tiny }).max.workers, 10);
});

Deno.test("memory: one worker at least, also with a minimum of none", () => {
  const settings = { ...DEFAULT_POLICY, minWorkers: 0, maxWorkers: 12 };
  const counts = { target: 0, ready: 0, booting: 0, draining: 0, oldestBootMs: 0 };
  assertEquals(bounds({ memory: memory(5_000) }, { settings, target: 1, counts }).max.workers, 1);
});

const sync = (onCpu: number, occupiedMs = 1_000) => ({ ...quiet, occupiedMs, cpuMs: onCpu * occupiedMs });

Deno.test("cpu: requests are CPU-bound from half of their time on", () => {
  const at = (share: number) => bounds({ cpu: cpu(1) }, { recent: sync(share) }).max;
  assertEquals(at(0.49).why.code, "configured");
  assertEquals(at(0.5).why.code, "cpu");
  assertEquals(at(0.5).workers, 5); // 2 / 0.5 * 1.25
});

Deno.test("cpu: the more of their time requests compute, the fewer workers, never fewer than cores", () => {
  const wide = (share: number) =>
    bounds({ cpu: cpu(1, { limitCores: 6 }) }, { recent: sync(share) }).max.workers;
  let last = 12;
  for (const share of [0.7, 0.8, 0.9, 1]) {
    const workers = wide(share);
    assert(workers <= last && workers >= 6, `${workers} at ${share}`);
    last = workers;
  }
  assertEquals(bounds({ cpu: cpu(1, { limitCores: 4 }) }, { recent: sync(1) }).max.workers, 5); // 4 * 1.25
});

Deno.test("cpu: 300 ms of occupied slots are enough to see it", () => {
  const at = (occupiedMs: number) => bounds({ cpu: cpu(1) }, { recent: sync(1, occupiedMs) }).max.why.code;
  assertEquals(at(299), "configured");
  assertEquals(at(300), "cpu");
});

Deno.test("cpu: slots that stood in the run queue all the time say nothing of what requests need", () => {
  const crowded = { ...quiet, occupiedMs: 600, cpuMs: 0, cpuWaitMs: 600 };
  assertEquals(bounds({ cpu: cpu(2) }, { recent: crowded }).max.why.code, "configured");
  // Even the least bit of computing beside it is all that they did.
  assertEquals(bounds({ cpu: cpu(2) }, { recent: { ...crowded, cpuMs: 0.5 } }).max.why.code, "cpu");
});

Deno.test("cpu: of async workers the cores bound once they are used up by them", () => {
  const model = { kind: "uvicorn", slots: 1_000 } as const;
  const of = (usedCores: number, workerCores: number, spanMs = 3_000) =>
    bounds({ model, cpu: cpu(usedCores, { limitCores: 4 }) }, {
      recent: { ...quiet, spanMs, cpuMs: workerCores * spanMs },
    }).max;
  assertEquals(of(3.6, 3.6).why, { code: "cpu", usedCores: 3.6, limitCores: 4, onCpuShare: 0.9 });
  assertEquals(of(4, 4).workers, 5);
  assertEquals(of(3.59, 3.59).why.code, "configured"); // not used up
  assertEquals(of(4, 1.9).why.code, "configured"); // by something else
  assertEquals(of(4, 2).why.code, "cpu");
  assertEquals(of(4, 4, 0).why.code, "configured"); // nothing seen yet
  assertEquals(of(4, 4, 1).why.code, "cpu");
  // More than all of it is a reading that came late.
  assertEquals(of(4, 9).why, { code: "cpu", usedCores: 4, limitCores: 4, onCpuShare: 1 });
});

Deno.test("boots: growth may go on at the very moment its pause ends", () => {
  const gate = { failures: 1, retryAtMs: 10_000 };
  assertEquals(bounds({}, { gate }).max.why.code, "configured");
  assertEquals(bounds({}, { gate: { ...gate, retryAtMs: 10_001 } }).max.why, {
    code: "boot-failures",
    failures: 1,
    retryInMs: 1,
  });
  assertEquals(bounds({}, { gate: { failures: 0, retryAtMs: 20_000 } }).max.why.code, "configured");
});

Deno.test("boots: the gate stays as it is while boots are not known, or no worker became ready", () => {
  const gate: BootGate = { failures: 2, retryAtMs: 5_000 };
  assertEquals(nextGate(gate, sample(9_000, { boots: "unknown" }), true), gate);
  assertEquals(nextGate(gate, sample(9_000), false), gate);
});

Deno.test("boots: a ready worker opens no gate that never closed", () => {
  const never: BootGate = { failures: 0, retryAtMs: 5_000 };
  assertEquals(nextGate(never, sample(9_000), true), never);
});

Deno.test("boots: several failures at once count as several", () => {
  const gate = nextGate(OPEN_GATE, sample(0, { boots: { failures: 3, lastBootMs: 20 } }), false);
  assertEquals(gate, { failures: 3, retryAtMs: 4_000 });
  const hopeless = nextGate(OPEN_GATE, sample(0, { boots: { failures: 5_000, lastBootMs: 20 } }), false);
  assertEquals(hopeless.retryAtMs, 60_000);
});
