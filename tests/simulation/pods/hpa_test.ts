import { assertEquals } from "@std/assert";
import { desiredPods, initialHpa, type PodReading, sync } from "../../../src/simulation/pods/hpa.ts";
import { KUBERNETES_BEHAVIOR, limited } from "../../../src/simulation/pods/hpa_rules.ts";

/** Pods by their metric; null: it is missing, "pending": the pod has not started. */
const pods = (...metrics: (number | null | "pending")[]): PodReading[] =>
  metrics.map((metric) => ({
    pending: metric === "pending",
    metric: metric === null || metric === "pending" ? "unknown" : metric,
  }));
const same = (count: number, metric: number) => pods(...Array(count).fill(metric));

Deno.test("the formula gives what Kubernetes' documentation and its examples give", () => {
  for (
    const [what, current, seen, target, wanted] of [
      ["200m over 100m doubles", 3, same(3, 0.2), 0.1, 6],
      ["50m over 100m halves", 4, same(4, 0.05), 0.1, 2],
      ["50 pods at 90 % of a target of 75 % become 60", 50, same(50, 90), 75, 60],
      ["within a tenth nothing changes", 4, same(4, 0.88), 0.8, 4],
      ["and just over a tenth something does", 4, same(4, 0.89), 0.8, 5],
      ["the mean counts", 2, pods(1, 1.4), 0.8, 3],
      ["a missing metric is 0 when pods would be added", 3, pods(1.6, 1.6, null), 0.8, 4],
      ["and the target when pods would go", 3, pods(0.2, 0.2, null), 0.8, 2],
      ["a pending pod is 0 when pods would be added", 3, pods(1, 1.4, "pending"), 0.8, 3],
      ["and is not counted when pods would go", 3, pods(0.2, 0.2, "pending"), 0.8, 1],
      ["what turns the direction round changes nothing", 4, pods(1.2, null, null, null), 0.8, 4],
    ] as const
  ) {
    assertEquals(desiredPods(current, seen, target), wanted, what);
  }
  assertEquals(desiredPods(3, pods(null, "pending"), 0.8), "unknown");
});

Deno.test("policies count from the beginning of their period; the larger change holds", () => {
  const up = (current: number, wanted: number, changes: { atMs: number; by: number }[] = []) =>
    limited(current, wanted, { nowMs: 60_000, changes, ...KUBERNETES_BEHAVIOR });
  assertEquals([up(1, 20), up(4, 20), up(8, 20)], [5, 8, 16]);
  assertEquals(up(5, 20, [{ atMs: 50_000, by: 4 }]), 5);
  assertEquals(up(5, 20, [{ atMs: 40_000, by: 4 }]), 10);
  // The documentation's example: at most 4 pods or 10 % a minute, from 80 to 10.
  const down = {
    stabilizationMs: 0,
    policies: [{ kind: "pods", value: 4, periodMs: 60_000 }, {
      kind: "percent",
      value: 10,
      periodMs: 60_000,
    }],
  } as const;
  const steps = [80];
  while (steps.at(-1)! > 10) {
    steps.push(limited(steps.at(-1)!, 10, { nowMs: 0, changes: [], up: KUBERNETES_BEHAVIOR.up, down }));
  }
  assertEquals(steps.slice(0, 3), [80, 72, 64]);
  assertEquals(steps.filter((count) => count < 40).slice(0, 3), [36, 32, 28]);
});

Deno.test("pods go to the most that was asked for in the window, and come at once", () => {
  const settings = { minPods: 1, maxPods: 10, target: 0.8, tolerance: 0.1, ...KUBERNETES_BEHAVIOR };
  let state = initialHpa(0, 2), current = 2;
  const seen: [number, number][] = [];
  for (let nowMs = 15_000; nowMs <= 600_000; nowMs += 15_000) {
    const metric = nowMs < 60_000 ? 1.6 / current * 2 : 1.6 / current;
    const next = sync(state, { nowMs, current, pods: same(current, metric) }, settings);
    state = next.state;
    if (next.pods !== current) seen.push([nowMs / 1000, current = next.pods]);
  }
  // 1.6 pods' worth each on 2 pods: 4; asked for until 45 s, so it holds until 345 s.
  assertEquals(seen, [[15, 4], [345, 2]]);
});

Deno.test("without a metric nothing changes, and a number out of bounds is set to the bound", () => {
  const settings = { minPods: 2, maxPods: 10, target: 0.8, tolerance: 0.1, ...KUBERNETES_BEHAVIOR };
  const next = (current: number, seen: PodReading[]) =>
    sync(initialHpa(0, current), { nowMs: 15_000, current, pods: seen }, settings).pods;
  assertEquals([next(4, pods(null, null, null, null)), next(12, same(12, 2)), next(1, same(1, 0.8))], [
    4,
    10,
    2,
  ]);
});
