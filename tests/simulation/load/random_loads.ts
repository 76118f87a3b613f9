import { DEFAULT_POLICY, type PolicySettings } from "../../../src/core/policy_settings.ts";
import type { Segment } from "../../../src/simulation/load/arrivals.ts";
import { Random } from "../../../src/simulation/server/random.ts";
import { DEFAULT_SCENARIO, type Scenario } from "../../../src/simulation/server/scenario.ts";
import type { Distribution, ServiceTime } from "../../../src/simulation/load/service_time.ts";

/** A random world: a load of a few phases on a random server, with random bounds and settings. Case n is always the same. */
export function randomWorld(n: number): { scenario: Scenario; settings: PolicySettings } {
  const random = new Random(n, 77);
  const pick = <T>(...choices: T[]): T => choices[random.below(choices.length)]!;
  const between = (low: number, high: number) => low * (high / low) ** random.uniform(); // even on a log scale
  const kind = pick("sync", "sync", "gthread", "gevent", "uvicorn", "asgi");
  const slots = kind === "sync" ? 1 : kind === "gthread" ? pick(2, 4, 8) : 1000;
  const time = (ms: number): Distribution =>
    pick<Distribution>(
      { kind: "constant", ms },
      { kind: "exponential", meanMs: ms },
      { kind: "lognormal", medianMs: ms, sigma: 0.5 },
    );
  const serviceMs = between(5, 400);
  const cpuShare = pick(0, 0.1, 0.5, 1);
  const service: ServiceTime = { cpu: time(serviceMs * cpuShare), wait: time(serviceMs * (1 - cpuShare)) };
  const minWorkers = 1 + random.below(3);
  const maxWorkers = minWorkers + random.below(12);
  // From idle to twice what the maximum can bear.
  const most = 2 * maxWorkers * Math.min(slots, 10) * 1000 / serviceMs;
  const load: Segment[] = Array.from({ length: 1 + random.below(4) }, () => ({
    ratePerSecond: pick(0, between(0.2, 2), Math.min(400, between(1, most))),
    durationMs: between(2000, 15_000),
  }));
  return {
    scenario: {
      ...DEFAULT_SCENARIO,
      load,
      service,
      model: { kind, slots },
      cores: pick(0.5, 1, 2, 4, 16),
      bootMs: between(20, 2000),
      arrivals: pick("poisson", "poisson", "uniform"),
      memory: pick<Scenario["memory"]>("unknown", { limitBytes: 600e6, baseBytes: 100e6, workerBytes: 60e6 }),
      sensors: pick("probe", "probe", "probe", "statsd"),
      sloMs: pick(100, 300, 1000),
      seed: n,
    },
    settings: {
      ...DEFAULT_POLICY,
      minWorkers,
      maxWorkers,
      idleMs: pick(DEFAULT_POLICY.idleMs, between(500, 20_000)),
      windowMs: pick(DEFAULT_POLICY.windowMs, between(1000, 20_000)),
      upCooldownMs: pick(0, 0, 2000),
      burstEnabled: pick(true, true, true, false),
    },
  };
}
