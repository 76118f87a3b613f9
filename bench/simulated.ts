/** The benchmark's scenarios and servers in the simulator's terms. */
import { DEFAULT_POLICY } from "../src/core/policy_settings.ts";
import type { Segment } from "../src/simulation/load/arrivals.ts";
import { autoscaler } from "../src/simulation/controllers/autoscaler_controller.ts";
import { type Controller, fixed } from "../src/simulation/controllers/controller.ts";
import { Random } from "../src/simulation/server/random.ts";
import { RUST_DEFAULTS, rustProgram, type RustSettings } from "../src/simulation/controllers/rust_program.ts";
import { DEFAULT_SCENARIO, type Scenario as SimulatedScenario } from "../src/simulation/server/scenario.ts";
import { NOTHING, type ServiceTime } from "../src/simulation/load/service_time.ts";
import {
  BUSYNESS_DEFAULTS,
  type BusynessSettings,
  uwsgiBusyness,
} from "../src/simulation/controllers/uwsgi_busyness.ts";
import type { Scenario } from "./scenario.ts";

/**
 * From fork to ready, and how much of it is CPU, by application. Measured by `deno task bench:costs` on the machine of
 * docs/benchmarks.md: workers added one at a time to an idle gunicorn with the probe, timed by their slots.
 */
const BOOT = {
  wsgi: { bootMs: 4, bootCpuMs: 4 },
  asgi: { bootMs: 4, bootCpuMs: 4 },
  fastApi: { bootMs: 283, bootCpuMs: 263 },
  slowImport: { bootMs: 2004, bootCpuMs: 1005 },
  django: { bootMs: 760, bootCpuMs: 724 },
} as const;

/**
 * CPU of a request besides the application's own: parsing, the probe, the kernel; threads that compute also pass the
 * interpreter lock to and fro. Measured by the same command; uWSGI's is that of its runs with the sync loads.
 */
const REQUEST_CPU_MS = {
  sync: 0.7,
  gthread: 1.0,
  computingThreads: 2.2,
  uvloop: 0.8,
  asyncio: 1.1,
  uwsgi: 0.3,
} as const;
/** The same for what Django does in every request. */
const DJANGO_CPU_MS = 1.5;

/**
 * Runs differ by this share in that CPU. On blocked loops with kept connections a fifth of a millisecond
 * decides which loop has the next request, and what follows.
 */
const REQUEST_CPU_SPREAD = 0.1;

/** The load generator's time-out, and the idle connections it keeps: as many as it ever needed. */
const CLIENT_TIMEOUT_MS = 10_000;
const KEPT_CONNECTIONS = 2000;

/** Memory of a worker, a round number: what the neighbour takes is far more. */
const WORKER_BYTES = 20e6;

/** Share of the cores that the server gets at least, however busy the machine is with other processes. */
const LEAST_CORES = 0.2;

/**
 * The scenario of this name. `variant` 0, 1, 2 ... differ in where the load falls between the ticks of the
 * controller and a little in what requests cost, not in the load. `elsewhereCores` is what the load generator
 * and a little else took of the machine.
 */
export function simulatedScenario(
  scenario: Scenario,
  rival: string,
  seed: number,
  variant: number,
  elsewhereCores = 0,
): SimulatedScenario {
  const { workerClass, app } = scenario;
  const kind = workerClass === "sync" || workerClass === "gthread" ? workerClass : "uvicorn";
  return {
    ...DEFAULT_SCENARIO,
    load: scenario.phases.map((phase): Segment => ({
      durationMs: phase.durationMs,
      ratePerSecond: phase.ratePerS,
      service: serviceOf(phase.path, scenario),
    })),
    model: { kind, slots: kind === "sync" ? 1 : kind === "gthread" ? scenario.threads ?? 1 : 1000 },
    cores: Math.max(LEAST_CORES, navigator.hardwareConcurrency - elsewhereCores),
    ...BOOT[app],
    uvloop: usesUvloop(scenario),
    requestCpuMs: (REQUEST_CPU_MS[costsLike(scenario, rival)] + (app === "django" ? DJANGO_CPU_MS : 0)) *
      (1 + REQUEST_CPU_SPREAD * (2 * new Random(seed, 300 + variant).uniform() - 1)),
    keptConnections: scenario.keepAlive ? KEPT_CONNECTIONS : 0,
    clientTimeoutMs: scenario.timeoutMs ?? CLIENT_TIMEOUT_MS,
    dependencyConnections: scenario.databaseConnections ?? Infinity,
    sloMs: scenario.sloMs,
    memory: memoryOf(scenario),
    tickPhase: new Random(seed, 100 + variant).uniform(),
    seed,
    chance: variant,
    ...(rival.startsWith("uwsgi") ? uwsgiConnections(scenario) : {}),
  };
}

function usesUvloop({ workerClass }: Scenario): boolean {
  return workerClass === "uvicorn_worker.UvicornWorker";
}

function costsLike(scenario: Scenario, rival: string): keyof typeof REQUEST_CPU_MS {
  const { workerClass, phases } = scenario;
  if (rival.startsWith("uwsgi")) return "uwsgi";
  if (workerClass === "sync") return "sync";
  if (workerClass !== "gthread") return usesUvloop(scenario) ? "uvloop" : "asyncio";
  return phases.some(({ path }) => path.startsWith("/cpu/")) ? "computingThreads" : "gthread";
}

/** Room for as much as the real scenario leaves; what else is in use has no part in it. */
function memoryOf({ neighbour, minWorkers }: Scenario): SimulatedScenario["memory"] {
  if (neighbour === undefined) return "unknown";
  const { roomMb, takenMb, fromMs, untilMs } = neighbour;
  const limitBytes = (roomMb * 1e6 + minWorkers * WORKER_BYTES) / DEFAULT_POLICY.memoryShare;
  const taken = { fromMs, untilMs, bytes: takenMb * 1e6 };
  return { limitBytes, baseBytes: 0, workerBytes: WORKER_BYTES, neighbour: taken };
}

/**
 * uWSGI's router keeps its clients' connections and opens one to a worker for each request; a worker's thread takes a
 * connection when it is free, so that what waits waits in the listen queue.
 */
function uwsgiConnections({ threads = 1 }: Scenario) {
  return { keptConnections: 0, workerConnections: threads };
}

/** What a path costs: /sleep, /database and /block/MS wait, /quiet/MS streams, /cpu/MS computes, / does neither. */
function serviceOf(path: string, scenario: Scenario): ServiceTime {
  const form = /^\/(sleep|cpu|block|database|quiet)\/([^?]+)(?:[?]head=(.+))?$/;
  const [, what, ms = "0", headMs] = form.exec(path) ?? [];
  const time = ms === "{ms}"
    ? { kind: "lognormal", medianMs: scenario.service!.medianMs, sigma: scenario.service!.sigma } as const
    : { kind: "constant", ms: Number(ms) } as const;
  if (what === "block") return { cpu: NOTHING, wait: time, blocks: true };
  if (what === "quiet") return { cpu: NOTHING, wait: time, streams: true };
  const parts = what === "cpu" ? { cpu: time, wait: NOTHING } : { cpu: NOTHING, wait: time };
  return headMs === undefined ? parts : { ...parts, headMs: Number(headMs) };
}

/** A server of the benchmark in the simulator; `variant` as in simulatedScenario. */
export type MakeRival = (seed: number, variant: number) => Controller;

/** A maker of the simulated server; undefined for servers the simulator has no model of. */
export function simulatedRival(name: string, scenario: Scenario): MakeRival | undefined {
  const { minWorkers, maxWorkers } = scenario;
  const bounds = { minWorkers, maxWorkers };
  switch (name) {
    case "fixed-min":
      return () => fixed(minWorkers);
    case "fixed-max":
      return () => fixed(maxWorkers);
    case "ours":
      return () =>
        autoscaler({ ...DEFAULT_POLICY, ...bounds }, {
          initialWorkers: scenario.initialWorkers ?? minWorkers,
        });
    case "rust":
      return rust(scenario, {});
    case "rust-tuned":
      return rust(scenario, tunedRust(scenario));
    case "uwsgi-busyness":
      return uwsgi(scenario, { max: 70, min: 20, multiplier: 30, backlogAlert: 16, backlogStep: 2 });
    case "uwsgi-tuned":
      return uwsgi(scenario, {
        max: 70,
        min: 45,
        multiplier: 1,
        backlogAlert: 1,
        backlogStep: 8,
        backlogNonzero: 1,
      });
  }
  return undefined;
}

function rust(scenario: Scenario, settings: Partial<RustSettings>): MakeRival | undefined {
  if (scenario.app === "fastApi") return undefined; // the middleware that it needs there is no part of the model
  const { minWorkers, maxWorkers } = scenario;
  if (scenario.app === "asgi") return () => fixed(minWorkers); // without the middleware it sees no request
  const own = { ...RUST_DEFAULTS, ...settings, minWorkers, maxWorkers };
  return (seed, variant) => rustProgram(own, new Random(seed, 200 + variant).uniform());
}

function uwsgi(scenario: Scenario, settings: Partial<BusynessSettings>): MakeRival | undefined {
  if (scenario.app === "fastApi" || scenario.app === "asgi") return undefined;
  const { minWorkers, maxWorkers } = scenario;
  const own = { ...BUSYNESS_DEFAULTS, overload: 1, step: 4, ...settings, minWorkers, maxWorkers };
  return () => {
    const controller = uwsgiBusyness(own);
    if (scenario.app !== "slowImport") return controller;
    const { bootMs: _, ...actuation } = controller.actuation; // --lazy-apps: each worker imports
    return { ...controller, actuation };
  };
}

/** As in rivals.ts. */
function tunedRust(scenario: Scenario): Partial<RustSettings> {
  return {
    targetConcPerWorker: 0.7 * (scenario.threads ?? 1),
    tickMs: 200,
    windowSeconds: 3,
    upCooldownMs: 200,
    downCooldownMs: 1000,
    noDownscaleMsAfterUp: 5000,
    idleSeconds: 5,
    burstRpsJump: 2,
    burstCooldownMs: 200,
  };
}
