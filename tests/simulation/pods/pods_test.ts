import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { OPTIONS } from "../../../src/settings/settings_table.ts";
import type { Settings } from "../../../src/settings/settings.ts";
import { runPods } from "../../../src/simulation/pods/cluster.ts";
import { makeAutoscaler } from "../../../src/simulation/report/comparison.ts";
import { TOLERANCE } from "../../../src/simulation/pods/hpa.ts";
import { KUBERNETES_BEHAVIOR } from "../../../src/simulation/pods/hpa_rules.ts";
import type { PodSettings } from "../../../src/simulation/pods/pod_settings.ts";
import { scenario } from "../server/scripted_scenario.ts";

const SETTINGS = {
  ...Object.fromEntries(OPTIONS.map((option) => [option.name, option.default])),
  minWorkers: 2,
  maxWorkers: 8,
} as unknown as Settings;

const CLUSTER: PodSettings = {
  hpa: { minPods: 1, maxPods: 10, target: 0.8, tolerance: TOLERANCE, ...KUBERNETES_BEHAVIOR },
  syncMs: 15_000,
  scrapeMs: 15_000,
  averageMs: 30_000,
  bootMs: 20_000,
  preStopMs: 5_000,
  endpointMs: 1_000,
  balance: "random",
};

const SEEDS = [1, 2, 3];

function simulate(load: string, seed: number, more: Partial<PodSettings> = {}) {
  const result = runPods(scenario(load, "100", { seed }), makeAutoscaler(SETTINGS, 0), {
    ...CLUSTER,
    ...more,
  });
  return { ...result, pods: result.pods! };
}

Deno.test("on a flat load pods settle and stay", () => {
  for (const rate of [15, 45, 80, 120]) {
    for (const seed of SEEDS) {
      const { pods } = simulate(`${rate}x15m`, seed);
      const late = pods.changes.filter(({ atMs }) => atMs > 8 * 60_000);
      assert(late.length <= 2, `${rate} req/s, seed ${seed}: ${JSON.stringify(late)}`);
    }
  }
});

Deno.test("a step that one pod can carry brings workers and no pod", () => {
  for (const seed of SEEDS) {
    const { pods, changes } = simulate("5x1m,35x6m", seed);
    assertEquals(pods.changes, []);
    assertGreater(Math.max(...changes.map(({ to }) => to)), 4);
  }
});

Deno.test("a step that one pod cannot carry brings workers within two seconds, then pods", () => {
  for (const seed of SEEDS) {
    const { pods, changes, timeline } = simulate("20x2m,120x8m", seed);
    const full = changes.find(({ atMs, to }) => atMs >= 120_000 && to === 8)!;
    assertLess(full.atMs, 122_000);
    assertGreater(pods.changes[0]!.atMs, full.atMs);
    assertLess(pods.changes[0]!.atMs, 120_000 + 2 * CLUSTER.syncMs + CLUSTER.scrapeMs);
    assert(pods.peakPods < 10, `${pods.peakPods} pods for the work of two or three`);
    assertEquals(timeline.queue.at(-1)! < 20, true, `seed ${seed}: requests still wait`);
  }
});

Deno.test("when the load falls pods are removed after the window, and those that stay have enough workers", () => {
  for (const seed of SEEDS) {
    const { pods, timeline, dropped, durationMs } = simulate("120x8m,20x12m", seed, {
      hpa: { ...CLUSTER.hpa, minPods: 1 },
    });
    const fallMs = 8 * 60_000;
    const down = pods.changes.filter(({ atMs, from, to }) => atMs > fallMs && to < from);
    assertGreater(down.length, 0);
    // The load before asked for 3; a fourth pod, of the first rush, is removed.
    const early = down.filter(({ atMs, to }) => to < 3 && atMs < fallMs + 285_000);
    assertEquals(early, []);
    assertEquals(pods.changes.filter(({ atMs, from, to }) => atMs > fallMs && to > from), []);
    const after = timeline.within.filter((_, bin) => bin * timeline.binMs > fallMs + 10_000);
    const shares = after.filter((share) => share !== null);
    assertGreater(shares.reduce((sum, share) => sum + share, 0) / shares.length, 0.99);
    assertEquals(dropped, 0);
    assertLess(pods.endPods, pods.peakPods);
    assertEquals(durationMs, 20 * 60_000);
  }
});

Deno.test("a pod that ends before nodes know loses requests; preStop saves them", () => {
  const falls = (preStopMs: number) => simulate("120x8m,60x8m", 1, { preStopMs, endpointMs: 3_000 });
  const { pods, dropped } = falls(0);
  assert(pods.changes.some(({ from, to }) => to < from));
  assertGreater(dropped, 0);
  assertEquals(falls(5_000).dropped, 0);
});

Deno.test("same seed, same pods; each request is counted once", () => {
  const [one, two] = [simulate("20x2m,100x4m", 4), simulate("20x2m,100x4m", 4)];
  assertEquals(one, two);
  assertEquals(one.answered + one.timedOut + one.dropped, one.offered);
});
