/** Workers that stand by where a boot takes longer than a request may. */
import { assertEquals } from "@std/assert";
import type { WindowSums } from "../../../src/core/history.ts";
import { DEFAULT_POLICY, type PolicySettings } from "../../../src/core/policy_settings.ts";
import { nextStandBy, NONE_STANDS_BY, type StandByInput } from "../../../src/core/policy/stand_by.ts";
import type { Sample } from "../../../src/core/sample.ts";
import { Driver as Law, workers } from "../autoscaler_driver.ts";
import { cpu, quiet } from "../bounds/bounds_scene.ts";
import { load, sample } from "../samples.ts";
import { bounds, demand, Driver } from "./policy_driver.ts";

const settings = (changes: Partial<PolicySettings>) => ({ ...DEFAULT_POLICY, maxWorkers: 12, ...changes });

/** Boots of 2 s on two idle cores, at most 12 workers; override what a test is about. */
function standBy(changes: Partial<Sample> = {}, rest: Partial<StandByInput> = {}, before = NONE_STANDS_BY) {
  return nextStandBy(before, {
    sample: sample(10_000, { cpu: cpu(0), ...changes }),
    settings: settings({}),
    windows: { recent: quiet, stable: quiet, before: quiet },
    bootMs: 2_000,
    servingCores: 0,
    ...rest,
  });
}

const stable = (sums: Partial<WindowSums>): Partial<StandByInput> => ({
  windows: { recent: quiet, before: quiet, stable: { ...quiet, ...sums } },
});

Deno.test("half of the maximum stands by where a boot takes longer than a request may", () => {
  assertEquals(standBy().workers, 6);
  assertEquals(standBy({}, { settings: settings({ maxWorkers: 5 }) }).workers, 3);
  assertEquals(standBy({}, { bootMs: 300 }).workers, 0);
  assertEquals(standBy({}, { bootMs: 301 }).workers, 6);
});

Deno.test("none stands by without the CPU, on event loops, and where an idle application is to sleep", () => {
  assertEquals(standBy({ cpu: "unknown" }).workers, 0);
  assertEquals(standBy({ model: { kind: "uvicorn", slots: 1_000 } }).workers, 0);
  assertEquals(standBy({ model: { kind: "gthread", slots: 4 } }).workers, 6);
  assertEquals(standBy({}, { settings: settings({ sleepAfterMs: 600_000 }) }).workers, 0);
});

Deno.test("no more stand by than the cores can run, in the quiet after too", () => {
  // 90 % on a core: 2 / 0.9 * 1.25.
  const computing = standBy({}, stable({ occupiedMs: 1_000, cpuMs: 900 }));
  assertEquals(computing.workers, 3);
  assertEquals(standBy({}, {}, computing).workers, 3);
  assertEquals(standBy({}, stable({ occupiedMs: 1_000, cpuMs: 100 }), computing).workers, 6);
  assertEquals(standBy({}, stable({ occupiedMs: 1_000, cpuMs: 0 }), computing).workers, 6);
  // Of threads, what their worker does while it serves counts.
  const threads = stable({ occupiedMs: 4_000, servingMs: 1_000, cpuMs: 900 });
  assertEquals(standBy({ model: { kind: "gthread", slots: 4 } }, threads).workers, 3);
});

Deno.test("they boot while no request waits and requests want at most half of the cores", () => {
  assertEquals(standBy().mayBoot, true);
  assertEquals(standBy({ queue: 1 }).mayBoot, false);
  assertEquals(standBy({ queue: "unknown" }).mayBoot, true);
  assertEquals([1, 1.1].map((cores) => standBy({ cpu: cpu(cores) }).mayBoot), [true, false]);
  assertEquals([1, 1.1].map((servingCores) => standBy({}, { servingCores }).mayBoot), [true, false]);
});

/** The decision of a policy with two workers, of which so many stand by. */
function decided(standing: number, { wanted = 1, mayBoot = true, paced = Infinity, max = 12 } = {}) {
  const driver = new Driver(2);
  driver.standBy = { workers: standing, mayBoot, runnable: Infinity };
  driver.paced = paced;
  const { target, reason } = driver.step(demand(wanted), bounds(max));
  return [target, reason.code];
}

Deno.test("those that stand by boot at once, within the bounds and as many as may boot", () => {
  assertEquals(decided(6), [6, "standing-by"]);
  assertEquals(decided(2)[0], 2);
  assertEquals(decided(6, { mayBoot: false })[0], 2);
  assertEquals(decided(6, { paced: 3 })[0], 3);
  assertEquals(decided(6, { max: 4 })[0], 4);
  assertEquals(decided(6, { wanted: 5 }), [5, "asked"]);
});

Deno.test("what stands by is no growth that must bring something", () => {
  const driver = new Driver(2);
  driver.standBy = { workers: 6, mayBoot: true, runnable: Infinity };
  driver.step(demand(1));
  assertEquals([driver.state.target, driver.state.gradient.trial], [6, undefined]);
});

Deno.test("an import of 2 s: half of the maximum comes in the quiet, and stays", () => {
  const law = new Law({ maxWorkers: 12 }, 2);
  const boots = { failures: 0, lastBootMs: 2_000, lastBootCpuMs: 1_000, lastBootWaitMs: 0 };
  let target = 2;
  for (let tick = 0; tick < 3_000; tick++) {
    const one = load(tick % 10 === 0 ? { started: 1, finished: 1, serviceMs: 20, inFlightMs: 20 } : {});
    target = law.step({ workers: workers(target), boots, cpu: cpu(0.1), load: one }).target;
  }
  assertEquals(target, 6);
});
