/** The loads that the law is judged by, in the simulator's terms. */
import { DEFAULT_POLICY, type PolicySettings } from "../../src/core/policy_settings.ts";
import { parsePhases } from "../../src/simulation/load/phases.ts";
import { parseServiceTime } from "../../src/simulation/load/service_time.ts";
import { DEFAULT_SCENARIO, type Scenario } from "../../src/simulation/server/scenario.ts";
import { onDjango } from "../scenario.ts";
import { scenariosNamed } from "../scenarios.ts";
import { simulatedScenario } from "../simulated.ts";
import { DJANGO, GTHREAD, SYNC, UVICORN } from "./server_costs.ts";

/** A load, its server, and the autoscaler's settings. */
export interface LawLoad {
  readonly name: string;
  readonly scenario: (seed: number) => Scenario;
  readonly settings: PolicySettings;
  readonly initialWorkers: number;
  /** Kept out of every search for settings: it tells whether what was found holds elsewhere. */
  readonly keptOut?: true;
  /** Changes before this are not counted, ms; when left out, all are. */
  readonly countedFromMs?: number;
}

interface Own {
  readonly service: string;
  readonly load: string;
  readonly workers: readonly [least: number, most: number, initial?: number];
  readonly more?: Partial<Scenario>;
  readonly keptOut?: true;
}

const CORES = 2;
const KEPT = { keptConnections: 2000 } as const;

const own: Readonly<Record<string, Own>> = {
  "blocked-kept": {
    load: "20x60s",
    service: "block:200",
    workers: [2, 8, 6],
    more: { ...UVICORN, ...KEPT },
  },
  "blocked-new": { load: "20x60s", service: "block:200", workers: [2, 8, 6], more: UVICORN },
  "asyncio-burst": {
    load: "10x8s,70x25s,10x10s",
    service: "cpu:20",
    workers: [1, 8],
    more: UVICORN,
  },
  "hanging": {
    load: "0.2x180s",
    service: "60000",
    workers: [2, 20],
    more: { ...SYNC, clientTimeoutMs: 300_000, sloMs: 61_000 },
  },
  "database": {
    load: "15x10s@40,15x30s@2000,15x20s@40",
    service: "40",
    workers: [2, 24],
    more: { ...SYNC, dependencyConnections: 6 },
  },
  "interpreter-lock": { load: "5x5s,45x15s,5x25s", service: "cpu:50", workers: [1, 12], more: GTHREAD },
  "calm-trace": trace("mentions-amzn-calm.txt"),
  "bursty-trace": trace("mentions-ibm-bursty.txt"),
  "blocked-rise": {
    load: "4x15s,16x30s,4x15s",
    service: "block:lognormal:120,0.4",
    workers: [1, 10],
    more: { ...UVICORN, ...KEPT },
  },
  "boots-pulse": {
    load: Array(5).fill("5x30s,40x10s").join(","),
    service: "lognormal:100,0.4",
    workers: [2, 12],
    more: { bootMs: 2000, bootCpuMs: 1000, requestCpuMs: 0.7 },
  },
  "slow-import-loop": {
    load: "10x8s,70x25s,10x10s",
    service: "cpu:20",
    workers: [1, 8],
    more: { ...DJANGO, model: UVICORN.model, requestCpuMs: UVICORN.requestCpuMs },
  },
  "fb-trace": { ...trace("mentions-fb.txt"), keptOut: true },
  "threads-pulse": {
    load: "10x10s,150x10s,10x10s,150x10s,10x10s,150x10s",
    service: "exponential:60",
    workers: [1, 12],
    more: GTHREAD,
    keptOut: true,
  },
  "loop-waits": {
    load: "20x10s,100x25s,20x15s",
    service: "cpu:8+wait:exponential:80",
    workers: [1, 8],
    more: UVICORN,
    keptOut: true,
  },
};

function trace(file: string): Own {
  const rates = Deno.readTextFileSync(new URL(`../traces/${file}`, import.meta.url)).trim().split("\n");
  return {
    load: rates.map((rate) => `${rate}x1s`).join(","),
    service: "lognormal:50,0.4",
    workers: [2, 16],
    more: SYNC,
  };
}

const ON_DJANGO = ["burst", "flash-crowd", "cpu", "keep-alive"];
const REAL = "burst,ramp,flash-crowd,slow-dependency,cpu,uvicorn,long-boot,keep-alive,trace"
  .concat(",slow-heads,streams,neighbour").split(",");

/** In the order of the table: the benchmark's own, then those on which an earlier law failed. */
export const lawLoads: readonly LawLoad[] = [
  ...[
    ...scenariosNamed(REAL),
    ...scenariosNamed(ON_DJANGO).map((one) => ({ ...onDjango(one), name: `django-${one.name}` })),
  ].map((scenario): LawLoad => ({
    name: scenario.name,
    scenario: (seed) => ({ ...simulatedScenario(scenario, "ours", seed, 0), cores: CORES }),
    settings: { ...DEFAULT_POLICY, minWorkers: scenario.minWorkers, maxWorkers: scenario.maxWorkers },
    initialWorkers: scenario.initialWorkers ?? scenario.minWorkers,
  })),
  ...Object.entries(own).map(([name, { service, load, workers, more, keptOut }]): LawLoad => ({
    name,
    scenario: (seed) => ({
      ...DEFAULT_SCENARIO,
      load: parsePhases(load),
      service: parseServiceTime(service),
      cores: CORES,
      ...more,
      tickPhase: (seed * 0.37) % 1,
      seed,
    }),
    settings: { ...DEFAULT_POLICY, minWorkers: workers[0], maxWorkers: workers[1] },
    initialWorkers: workers[2] ?? workers[0],
    ...(keptOut ? { keptOut } : {}),
  })),
];
