import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { known } from "../../src/core/sample.ts";
import { type Flow, type Moment, seeded, trajectory } from "./fluid.ts";

const phases = (...parts: [untilMs: number, rps: number, serviceMs: number][]) => (nowMs: number): Flow => {
  const part = parts.find(([untilMs]) => nowMs < untilMs) ?? parts[parts.length - 1]!;
  return { rps: part[1], serviceMs: part[2] };
};
const targets = (moments: Moment[]) => moments.map((m) => m.decision.target);
const changes = (moments: Moment[]) => moments.filter((m) => m.decision.action !== "hold");
const at = (moments: Moment[], ms: number) => moments.find((m) => m.nowMs >= ms)!;

Deno.test("a burst is answered within three samples, with enough workers, in one or two steps", () => {
  const moments = trajectory(phases([5_000, 5, 50], [25_000, 60, 100]), 25_000);
  const first = changes(moments)[0]!;
  assertEquals(first.decision.action, "grow");
  assertLessOrEqual(first.nowMs, 5_300);
  assert(
    at(moments, 6_500).decision.target >= 7,
    `${at(moments, 6_500).decision.target} workers after 1.5 s`,
  );
  assertEquals(at(moments, 7_000).queue, 0);
});

Deno.test("after a burst workers go when the hold is over, to the minimum, and not before", () => {
  const moments = trajectory(phases([5_000, 5, 50], [25_000, 60, 100], [60_000, 5, 50]), 60_000);
  // That the load is gone shows within 300 ms.
  const { target } = at(moments, 25_200).decision;
  assert(target >= 7, `${target} as the burst ends`);
  assertEquals(at(moments, 28_000).decision.target, 2);
  assertEquals(targets(moments).at(-1), 2);
});

Deno.test("in a burst never down to fewer than it wants", () => {
  const moments = trajectory(phases([2_000, 5, 50], [20_000, 60, 100]), 20_000);
  const shrinks = changes(moments).filter((m) => m.decision.action === "shrink");
  assert(shrinks.every(({ decision: { demand, target } }) => known(demand) && target >= demand.wanted));
  assertLessOrEqual(shrinks.length, 1, "and what it does not need goes in one step");
  assert(moments.every((m) => m.nowMs < 4_000 || m.decision.target >= 7));
});

Deno.test("a slow dependency does not make it grow, and the decision says so", () => {
  // 3 requests/s of 400 ms: over the objective of 300 ms whatever one does, while 2 workers are 60 % busy.
  const moments = trajectory(() => ({ rps: 3, serviceMs: 400 }), 30_000);
  assertLessOrEqual(Math.max(...targets(moments)), 3);
  assert(moments.some((m) => m.decision.reason.code === "slow-not-starved"));
});

Deno.test("a flat load does not flap, whatever its size and noise", () => {
  for (const rps of [1, 5, 12, 20, 37, 50, 64]) {
    const random = seeded(rps);
    const moments = trajectory(() => ({ rps, serviceMs: 100 }), 120_000, {
      noise: () => 0.5 + random(),
      settings: { maxWorkers: 20 },
    });
    const late = changes(moments.filter((m) => m.nowMs > 30_000));
    assertLessOrEqual(late.length, 2, `${rps} requests/s: ${late.map((m) => m.decision.target)}`);
  }
});

Deno.test("more load never gets fewer workers", () => {
  let last = 0;
  for (let rps = 1; rps <= 100; rps += 3) {
    const target = targets(
      trajectory(() => ({ rps, serviceMs: 100 }), 20_000, { settings: { maxWorkers: 40 } }),
    ).at(-1)!;
    assert(target >= last, `${rps} requests/s got ${target}, less got ${last}`);
    last = target;
  }
});

Deno.test("one health check every two seconds keeps no more than the minimum", () => {
  const moments = trajectory((ms) => ({ rps: ms % 2_000 === 0 ? 10 : 0, serviceMs: 5 }), 60_000, {
    settings: { minWorkers: 1 },
  });
  assertEquals(Math.max(...targets(moments)), 1);
});

Deno.test("bounds hold for any load", () => {
  for (let seed = 1; seed <= 50; seed++) {
    const random = seeded(seed);
    let flow: Flow = { rps: 10, serviceMs: 50 };
    const moments = trajectory(
      (ms) => {
        if (ms % 1_000 === 0) flow = { rps: random() ** 3 * 300, serviceMs: 5 + random() * 400 };
        return flow;
      },
      30_000,
      { settings: { minWorkers: 3, maxWorkers: 9 }, noise: () => 2 * random() },
    );
    for (const m of moments) {
      assert(
        m.decision.target >= 3 && m.decision.target <= 9,
        `seed ${seed} at ${m.nowMs}: ${m.decision.target}`,
      );
    }
  }
});

Deno.test("load that keeps returning is held longer each time", () => {
  // Bursts of 3 s every 12 s: with a fixed hold of 5 s each costs a shrink and a growth.
  const moments = trajectory((ms) => ({ rps: ms % 12_000 < 3_000 ? 60 : 2, serviceMs: 100 }), 120_000);
  const shrinks = moments.filter((m) => m.decision.action === "shrink").map((m) => m.nowMs);
  const early = shrinks.filter((ms) => ms < 40_000).length;
  const late = shrinks.filter((ms) => ms >= 80_000).length;
  assert(late < early || early === 0, `${early} shrinks in the first 40 s, ${late} in the last`);
});

Deno.test("a growth waits for booting workers before the queue asks for more", () => {
  // 2 s to boot: the queue grows meanwhile, and must not be answered again and again.
  const moments = trajectory(phases([3_000, 5, 50], [20_000, 40, 100]), 20_000, {
    bootMs: 2_000,
    settings: { maxWorkers: 40 },
  });
  assertLessOrEqual(Math.max(...targets(moments)), 12);
});
