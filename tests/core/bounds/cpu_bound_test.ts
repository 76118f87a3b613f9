import { assert, assertEquals } from "@std/assert";
import type { WindowSums } from "../../../src/core/history.ts";
import { DEFAULT_POLICY } from "../../../src/core/policy_settings.ts";
import { bounds, cpu, quiet } from "./bounds_scene.ts";

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

Deno.test("a run queue that is gone does not make requests that wait look as if they computed", () => {
  // 16 workers stood in it; now 3 requests wait for a database. CPU is read late.
  const recent = { ...quiet, occupiedMs: 9_000, cpuMs: 900, cpuWaitMs: 8_000 };
  const most = (asRead: WindowSums) => bounds({ cpu: cpu(0.4) }, { recent, asRead }).max.why.code;
  assertEquals([most({ ...quiet, occupiedMs: 18_000 }), most(recent)], ["configured", "cpu"]);
});

Deno.test("requests that have just come in do not hide that those before them computed", () => {
  // 6 s of requests now, 2 s when the CPU was used; at the start of a history the earlier window is the shorter one.
  const recent = { ...quiet, occupiedMs: 6_000, cpuMs: 1_900 };
  const of = (asRead: WindowSums) => bounds({ cpu: cpu(0.6) }, { recent, asRead }).max.why.code;
  assertEquals(of({ ...quiet, occupiedMs: 2_000 }), "cpu");
  assertEquals(of({ ...quiet, occupiedMs: 2_000, spanMs: 1_000 }), "configured");
});

const FOUR_THREADS = { kind: "gthread", slots: 4 } as const;
/** Four requests at once on each of two workers: 22 % of a request's time, 90 % of a worker's. */
const THREADS = { ...quiet, occupiedMs: 24_000, servingMs: 6_000, cpuMs: 5_400 };
/** The same with workers that have just come, whose CPU is not read yet. */
const YOUNG = { ...THREADS, servingMs: 24_000 };

Deno.test("threads that wait for the interpreter lock are bounded by what their workers compute while they serve", () => {
  assertEquals(bounds({ model: FOUR_THREADS, cpu: cpu(1.9) }, { recent: THREADS }).max.workers, 3);
});

Deno.test("sync workers, and threads that compute at once, are bounded by what requests compute", () => {
  const model = { ...FOUR_THREADS, isParallel: true };
  assertEquals(bounds({ model, cpu: cpu(1.9) }, { recent: THREADS }).max.why.code, "configured");
  assertEquals(bounds({ cpu: cpu(1.9) }, { recent: THREADS }).max.why.code, "configured");
});

Deno.test("while the CPU of workers that have just come is not read, what was before them counts", () => {
  const { max } = bounds({ model: FOUR_THREADS, cpu: cpu(1.9) }, { recent: YOUNG, before: THREADS });
  assertEquals(max.workers, 3);
});

Deno.test("without anything before workers that have just come there is no CPU bound", () => {
  const { max } = bounds({ model: FOUR_THREADS, cpu: cpu(1.9) }, { recent: YOUNG });
  assertEquals(max.why.code, "configured");
});

Deno.test("what requests do now counts before what they did", () => {
  const waiting = { ...quiet, occupiedMs: 9_000, cpuMs: 500 };
  assertEquals(bounds({ cpu: cpu(0.2) }, { recent: waiting, stable: computing }).max.why.code, "configured");
});

Deno.test("where boots are longer than a request may take what requests did two seconds before counts too", () => {
  const waiting = { ...quiet, occupiedMs: 9_000, cpuMs: 500 };
  const windows = { recent: waiting, before: computing, stable: computing };
  const most = (bootMs: number, changes = {}) =>
    bounds({ cpu: cpu(0.2) }, { ...windows, bootMs, ...changes }).max.workers;
  assertEquals([most(300), most(301)], [12, 3]);
  assertEquals(most(301, { before: quiet }), 12, "too few requests tell nothing");
  assertEquals(
    most(301, { recent: quiet, before: waiting }),
    12,
    "the stable window is for when nothing else tells",
  );
  assertEquals(most(301, { recent: quiet, before: quiet }), 3);
});

Deno.test("no CPU bound for requests that wait for something else, or from too few requests", () => {
  const waiting = { ...computing, cpuMs: 2_000, cpuWaitMs: 500 };
  assertEquals(bounds({ cpu: cpu(1.9) }, { recent: waiting }).max.why.code, "configured");
  const few = { ...quiet, occupiedMs: 100, cpuMs: 100 };
  assertEquals(bounds({ cpu: cpu(1.9) }, { recent: few, stable: few }).max.why.code, "configured");
});

Deno.test("a CPU bound ends when requests compute for a third of their time, and begins again at half of it", () => {
  const most = (cpuMs: number, wasCpuBound: boolean, changes = {}) => {
    const recent = { ...quiet, occupiedMs: 9_000, servingMs: 9_000, cpuMs };
    return bounds({ cpu: cpu(1), ...changes }, { recent, wasCpuBound }).max.workers;
  };
  // 2 / 0.4 * 1.25 = 6.25.
  assertEquals([most(3_600, false), most(3_600, true)], [12, 7]);
  assertEquals([most(3_100, true), most(4_600, false)], [12, 5]);
  assertEquals(
    most(3_600, true, { model: FOUR_THREADS }),
    12,
    "threads compute less where more workers share them",
  );
});

Deno.test("a container with less than a core still gets two CPU-bound workers", () => {
  const settings = { ...DEFAULT_POLICY, minWorkers: 1, maxWorkers: 12 };
  const half = cpu(0.5, { limitCores: 0.5 });
  assertEquals(bounds({ cpu: half }, { recent: computing, settings }).max.workers, 2);
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

/** The bound of async workers on four cores, of which so many are used in all, and so many by them. */
function ofAsync(usedCores: number, workerCores: number, spanMs = 3_000) {
  const model = { kind: "uvicorn", slots: 1_000 } as const;
  const recent = { ...quiet, spanMs, cpuMs: workerCores * spanMs };
  return bounds({ model, cpu: cpu(usedCores, { limitCores: 4 }) }, { recent }).max;
}

Deno.test("async workers are bounded by the cores with room for a quarter more", () => {
  assertEquals(ofAsync(4, 4).workers, 5);
});

Deno.test("async workers are bounded once nine tenths of the cores are used", () => {
  assertEquals(ofAsync(3.59, 3.59).why.code, "configured");
  assertEquals(ofAsync(3.6, 3.6).why, { code: "cpu", usedCores: 3.6, limitCores: 4, onCpuShare: 0.9 });
});

Deno.test("async workers are bounded where half of the cores in use are theirs", () => {
  assertEquals(ofAsync(4, 1.9).why.code, "configured");
  assertEquals(ofAsync(4, 2).why.code, "cpu");
});

Deno.test("async workers have no CPU bound before any time has passed", () => {
  assertEquals(ofAsync(4, 4, 0).why.code, "configured");
  assertEquals(ofAsync(4, 4, 1).why.code, "cpu");
});

Deno.test("more than all cores in use by workers is a reading that came late, and counts as all", () => {
  assertEquals(ofAsync(4, 9).why, { code: "cpu", usedCores: 4, limitCores: 4, onCpuShare: 1 });
});
