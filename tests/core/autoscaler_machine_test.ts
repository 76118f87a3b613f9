/** CPU, memory and boots as one autoscaler takes them in, tick by tick. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import type { Cpu } from "../../src/core/sample.ts";
import { Driver, facts, workers } from "./autoscaler_driver.ts";
import { durations, load } from "./samples.ts";

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

/** Two workers whose requests of 50 ms use this much of their CPU, for 2 s. */
function serving(kind: "sync" | "gthread", seen: Cpu | "unknown", isParallel = false, maxWorkers = 2) {
  const driver = new Driver({ maxWorkers });
  const busy = { inFlightMs: 190, busyMs: 190, started: 4, finished: 4, serviceMs: 190 };
  const decision = driver.run(20, {
    model: { kind, slots: kind === "sync" ? 1 : 4, isParallel },
    load: load({ ...busy, service: durations(4, 47.5) }),
    cpu: seen,
  });
  return { oneAtATime: driver.oneAtATime, utilization: facts(decision).utilization as number };
}

Deno.test("gthread workers whose requests compute take one at a time, and count as one slot each", () => {
  const computing = serving("gthread", cpu(1.9));
  assertEquals(computing.oneAtATime, true);
  assertAlmostEquals(computing.utilization, 0.95, 1e-9);
  const waiting = serving("gthread", cpu(0.2));
  assertEquals(waiting.oneAtATime, false);
  assertAlmostEquals(waiting.utilization, 0.95 / 4, 1e-9);
});

Deno.test("threads that compute at once take as many requests as they are", () => {
  const computing = serving("gthread", cpu(1.9), true);
  assertEquals(computing.oneAtATime, false);
  assertAlmostEquals(computing.utilization, 0.95 / 4, 1e-9);
});

Deno.test("with a maximum of one worker it takes as many as it has threads", () => {
  assertEquals(serving("gthread", cpu(1.9), false, 1).oneAtATime, false);
});

Deno.test("workers take as many at a time as they have threads where that is one, or the CPU cannot be read", () => {
  assertEquals(serving("sync", cpu(1.9)).oneAtATime, false);
  assertEquals(serving("gthread", "unknown").oneAtATime, false);
  assertEquals(new Driver().oneAtATime, false);
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

Deno.test("the CPU bound lets go some seconds after requests have stopped computing, however short the windows", () => {
  const occupied = load({ inFlightMs: 200 });
  for (const settings of [{}, { windowMs: 1_000, burstWindowMs: 1_000 }]) {
    const driver = new Driver(settings);
    driver.run(60, { load: occupied, cpu: cpu(1.9) });
    let waitedMs = 0;
    while (driver.step({ load: occupied, cpu: cpu(0.2) }).bounds.max.why.code === "cpu") waitedMs += 100;
    // Of three seconds with both slots occupied, n ticks at 0.2 cores and the rest at 1.9: below 35 % of a core
    // each at n = 22.
    assertEquals(waitedMs, 2_100);
  }
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
  assertEquals(grown.reason, { code: "asked", by: "cpu" });
  assertEquals(grown.target, 2);
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
  assertEquals(isBlocked(2), true);
  assertEquals(isBlocked(1), false);
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
  const once = load({ started: 6 }); // before load the number to begin with would be kept
  driver.step({ workers: workers(6), load: once, boots: { failures: 0, lastBootMs: 1_000 } });
  let heldMs = 0;
  while (driver.step(calm).action === "hold") heldMs += 100;
  assert(heldMs > 9_000 && heldMs < 11_000, `${heldMs} ms`);
});

Deno.test("what the last boot stood in the run queue lengthens no hold", () => {
  const driver = new Driver({ idleMs: 100 }, 6);
  const boots = { failures: 0, lastBootMs: 4_000, lastBootWaitMs: 3_500 };
  driver.step({ workers: workers(6), load: load({ started: 6 }), boots });
  let heldMs = 0;
  while (driver.step({ workers: workers(6), boots }).action === "hold") heldMs += 100;
  assert(heldMs > 4_000 && heldMs < 6_000, `${heldMs} ms`);
});

Deno.test("a short boot that stood in the run queue all the time is no unknown one", () => {
  const driver = new Driver({ idleMs: 100 }, 6);
  const boots = { failures: 0, lastBootMs: 5, lastBootCpuMs: 4, lastBootWaitMs: 5 };
  driver.step({ workers: workers(6), load: load({ started: 6 }), boots });
  let heldMs = 0;
  while (driver.step({ workers: workers(6), boots }).action === "hold") heldMs += 100;
  assert(heldMs < 1_000, `${heldMs} ms`);
});

Deno.test("boots that compute begin as there are cores for them", () => {
  const driver = new Driver({ minWorkers: 1 }, 3);
  const boots = { failures: 0, lastBootMs: 800, lastBootCpuMs: 800 };
  const rush = { queue: 40, boots, cpu: cpu(0) };
  const held = driver.run(3, { ...rush, workers: workers(3) });
  assertEquals(held.target, 5);
  assertEquals(driver.step({ ...rush, workers: workers(3, 2) }).reason.code, "booting");
  assertEquals(driver.step({ ...rush, workers: workers(5) }).target, 7);
});

Deno.test("the time of the last boot stays while boots are seen and their time is not known", () => {
  const driver = new Driver({ idleMs: 100 }, 6);
  const calm = { workers: workers(6), boots: { failures: 0, lastBootMs: "unknown" } } as const;
  driver.step({ ...calm, load: load({ started: 6 }), boots: { failures: 0, lastBootMs: 1_000 } });
  let heldMs = 0;
  while (driver.step(calm).action === "hold") heldMs += 100;
  assert(heldMs > 9_000, `${heldMs} ms`);
});

Deno.test("while no boot time is known 30 s are held", () => {
  const calm = { workers: workers(6), boots: "unknown" } as const;
  const driver = new Driver({ idleMs: 100 }, 6, calm);
  driver.step({ ...calm, load: load({ started: 6 }) });
  let heldMs = 100;
  while (driver.step(calm).action === "hold") heldMs += 100;
  assert(heldMs >= 29_900 && heldMs <= 30_100, `${heldMs} ms`);
});

Deno.test("workers that cannot be metered are no reason to shrink", () => {
  const quiet = (unseen: number) => {
    const driver = new Driver({}, 4, { workers: { ...workers(4), unseen } });
    for (let i = 0; i < 1_200; i++) {
      const { action } = driver.step({ workers: { ...workers(4), unseen }, load: load({}) });
      if (action === "shrink") return "shrinks";
    }
    return "stays";
  };
  assertEquals(quiet(0), "shrinks");
  assertEquals(quiet(1), "stays");
});

Deno.test("workers that cannot be counted are not known to be ready: what was begun with stays", () => {
  const unknown = { workers: "unknown" } as const;
  assertEquals(new Driver({}, 6, unknown).run(700, unknown).reason.code, "start-hold");
});
