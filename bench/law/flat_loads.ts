/** Loads that nothing but chance moves. Workers that come and go in them cost boots and connections for nothing. */
import { DEFAULT_POLICY } from "../../src/core/policy_settings.ts";
import { parsePhases } from "../../src/simulation/load/phases.ts";
import { parseServiceTime } from "../../src/simulation/load/service_time.ts";
import { DEFAULT_SCENARIO, type Scenario } from "../../src/simulation/server/scenario.ts";
import type { LawLoad } from "./loads.ts";
import { GTHREAD, SYNC, UVICORN } from "./server_costs.ts";

/** From the minimum to what the load needs is a real rise: changes count from then on, ms ... */
export const SETTLED_MS = 15_000;
/** ... for this long. */
export const COUNTED_MS = 240_000;

const FLASK = { bootMs: 60, bootCpuMs: 30, requestCpuMs: 0.7 } as const;

type Own = readonly [ratePerSecond: number, service: string, server: Partial<Scenario>, maxWorkers: number];

const SEARCHED: readonly Own[] = [
  [5, "exponential:100", SYNC, 12],
  [20, "exponential:100", SYNC, 12],
  [20, "100", SYNC, 12],
  [20, "lognormal:50,0.4", SYNC, 12],
  [64, "100", SYNC, 16],
  [64, "exponential:100", SYNC, 24],
  [100, "exponential:50", FLASK, 24],
  [10, "lognormal:400,0.5", SYNC, 24],
  [5, "exponential:500", SYNC, 16],
  [100, "lognormal:10,0.8", SYNC, 12],
  [100, "exponential:500", FLASK, 80],
  [40, "exponential:200", GTHREAD, 12],
  [100, "lognormal:80,0.6", GTHREAD, 12],
  [15, "cpu:50", GTHREAD, 8],
  [50, "cpu:15+wait:exponential:80", UVICORN, 8],
  [100, "exponential:500", UVICORN, 8],
  [20, "block:lognormal:100,0.4", UVICORN, 8],
];
const KEPT_OUT: readonly Own[] = [
  [8, "exponential:250", SYNC, 12],
  [80, "lognormal:60,1", GTHREAD, 12],
  [45, "cpu:lognormal:20,0.5", UVICORN, 8],
  [60, "lognormal:150,0.3", FLASK, 24],
];

/** Poisson arrivals, after 15 s for 240 s. */
export const flatLoads: readonly LawLoad[] = [
  ...SEARCHED.map((own) => loadOf(own)),
  ...KEPT_OUT.map((own) => ({ ...loadOf(own), keptOut: true as const })),
];

function loadOf([ratePerSecond, service, server, maxWorkers]: Own): LawLoad {
  const seconds = (SETTLED_MS + COUNTED_MS) / 1000;
  return {
    name: `${ratePerSecond}/s-${service}-${server.model?.kind ?? "sync"}`,
    scenario: (seed) => ({
      ...DEFAULT_SCENARIO,
      load: parsePhases(`${ratePerSecond}x${seconds}s`),
      service: parseServiceTime(service),
      cores: 2,
      ...server,
      tickPhase: (seed * 0.37) % 1,
      seed,
    }),
    settings: { ...DEFAULT_POLICY, minWorkers: 2, maxWorkers },
    initialWorkers: 2,
    countedFromMs: SETTLED_MS,
  };
}
