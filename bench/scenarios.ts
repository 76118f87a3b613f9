/** The loads under which every server is measured. */
import { parsePhases, phasesOfRates } from "./load/phases.ts";
import type { Scenario } from "./scenario.ts";

const SLO_MS = 300;

const sync = { minWorkers: 2, maxWorkers: 12, workerClass: "sync", app: "wsgi", sloMs: SLO_MS } as const;

const blocked = {
  phases: parsePhases("20x40s:/block/200"),
  minWorkers: 2,
  maxWorkers: 8,
  initialWorkers: 6,
  light: true,
  workerClass: "asyncio_worker.AsyncioWorker",
  app: "fastApi",
  sloMs: SLO_MS,
} as const;

/** In the order of the table. */
export const scenarios: readonly Scenario[] = [
  {
    ...sync,
    name: "burst",
    light: true,
    title: "a burst: from 5 to 60 requests/s and back",
    phases: parsePhases("5x5s:/sleep/50,60x20s:/sleep/100,5x20s:/sleep/50"),
  },
  {
    ...sync,
    name: "ramp",
    light: true,
    title: "from 5 to 90 requests/s of 100 ms within 5 s, and back within 16",
    phases: [
      ...phasesOfRates([5], 4000, "/sleep/100"),
      ...phasesOfRates(steps(5, 90, 5), 1000, "/sleep/100"),
      ...phasesOfRates(steps(90, 5, 8), 2000, "/sleep/100"),
      ...phasesOfRates([5], 8000, "/sleep/100"),
    ],
  },
  {
    ...sync,
    name: "flash-crowd",
    light: true,
    title: "from 8 to 90 requests/s of 80 ms at once, then ebbing",
    maxWorkers: 16,
    phases: parsePhases("8x10s,90x6s,60x4s,40x4s,25x4s,8x17s").map((phase) => ({
      ...phase,
      path: "/sleep/80",
    })),
  },
  {
    ...sync,
    name: "slow-dependency",
    light: true,
    title: "15 requests/s whose database takes 40 ms, then 200, then 40 again",
    phases: parsePhases("15x8s:/sleep/40,15x25s:/sleep/200,15x12s:/sleep/40"),
  },
  {
    ...sync,
    name: "cpu",
    title: "5, then 30, then 5 requests/s of 50 ms CPU: three quarters of two cores",
    phases: parsePhases("5x5s:/cpu/50,30x25s:/cpu/50,5x15s:/cpu/50"),
    minWorkers: 1,
  },
  {
    name: "uvicorn",
    title: "FastAPI on Uvicorn: 10, then 70, then 10 requests/s of 20 ms CPU",
    phases: parsePhases("10x8s:/cpu/20,70x25s:/cpu/20,10x10s:/cpu/20"),
    minWorkers: 1,
    maxWorkers: 8,
    workerClass: "uvicorn_worker.UvicornWorker",
    app: "fastApi",
    sloMs: SLO_MS,
  },
  {
    ...sync,
    name: "long-boot",
    title: "an app that takes 2 s to import; 5, then 40, then 5 requests/s of 100 ms",
    phases: parsePhases("5x6s:/sleep/50,40x25s:/sleep/100,5x15s:/sleep/50"),
    app: "slowImport",
    env: { IMPORT_SECONDS: "2" },
  },
  {
    name: "keep-alive",
    light: true,
    title: "4 threads a worker, kept connections: 10, then 120, then 10 requests/s of 100 ms",
    phases: parsePhases("10x5s:/sleep/50,120x20s:/sleep/100,10x20s:/sleep/50"),
    keepAlive: true,
    minWorkers: 1,
    maxWorkers: 6,
    workerClass: "gthread",
    threads: 4,
    app: "wsgi",
    sloMs: SLO_MS,
  },
  {
    ...sync,
    name: "trace",
    light: true,
    title: "five minutes of a real trace, service times of about 50 ms",
    phases: phasesOfRates(traceRates("mentions-goog.txt"), 1000, "/sleep/{ms}"),
    service: { medianMs: 50, sigma: 0.4 },
    maxWorkers: 16,
  },
  {
    ...blocked,
    name: "blocked-kept",
    title: "20 requests/s that block their event loop for 200 ms, on kept connections",
    keepAlive: true,
  },
  {
    ...blocked,
    name: "blocked-new",
    title: "20 requests/s that block their event loop for 200 ms, a connection each",
  },
  {
    ...blocked,
    name: "blocked-rise",
    title: "4, then 16, then 4 requests/s that block their loop for 120 ms, kept connections",
    phases: parsePhases("4x15s:/block/{ms},16x30s:/block/{ms},4x15s:/block/{ms}"),
    service: { medianMs: 120, sigma: 0.4 },
    keepAlive: true,
    minWorkers: 1,
    maxWorkers: 10,
    initialWorkers: 1,
  },
  {
    name: "asyncio",
    title: "Uvicorn with asyncio's loop: 10, then 70, then 10 requests/s of 20 ms CPU",
    phases: parsePhases("10x8s:/cpu/20,70x25s:/cpu/20,10x10s:/cpu/20"),
    minWorkers: 1,
    maxWorkers: 8,
    workerClass: "asyncio_worker.AsyncioWorker",
    app: "fastApi",
    sloMs: SLO_MS,
  },
  {
    ...sync,
    name: "hanging",
    light: true,
    title: "requests of 20 s, two each 3 s: each is to begin within a second",
    phases: parsePhases("0.67x40s:/sleep/20000"),
    timeoutMs: 60_000,
    maxWorkers: 20,
    sloMs: 20_000 + 1_000,
  },
  {
    ...sync,
    name: "database",
    light: true,
    title: "15 requests/s whose database, of 6 connections, takes 40 ms, then 2 s, then 40 ms",
    phases: parsePhases("15x5s:/database/40,15x20s:/database/2000,15x15s:/database/40"),
    databaseConnections: 6,
    maxWorkers: 24,
  },
  {
    ...sync,
    name: "interpreter-lock",
    title: "4 threads a worker: 5, then 30, then 5 requests/s of 50 ms CPU",
    phases: parsePhases("5x5s:/cpu/50,30x15s:/cpu/50,5x10s:/cpu/50"),
    minWorkers: 1,
    workerClass: "gthread",
    threads: 4,
  },
  {
    ...sync,
    name: "slow-heads",
    light: true,
    title: "4 threads a worker: 10 requests/s whose clients take 1 s to send their head",
    phases: parsePhases("2x5s:/sleep/50?head=1000,10x25s:/sleep/50?head=1000,2x10s:/sleep/50?head=1000"),
    minWorkers: 1,
    maxWorkers: 6,
    workerClass: "gthread",
    threads: 4,
    sloMs: 1000 + SLO_MS,
  },
  {
    name: "streams",
    light: true,
    title: "100 event streams of 25 s on workers that are soon spare",
    phases: parsePhases("20x20s:/block/150,20x5s:/quiet/25000,1x30s:/sleep/10"),
    timeoutMs: 60_000,
    minWorkers: 2,
    maxWorkers: 8,
    workerClass: "uvicorn_worker.UvicornWorker",
    app: "asgi",
    sloMs: 25_000 + SLO_MS,
  },
  {
    ...sync,
    name: "neighbour",
    light: true,
    title: "60 requests/s of 100 ms while another process takes all the memory for 15 s",
    phases: parsePhases("60x35s:/sleep/100"),
    neighbour: { fromMs: 10_000, untilMs: 25_000, takenMb: 3000, roomMb: 2000 },
  },
  { ...ofTrace("calm-trace", "mentions-amzn-calm.txt"), title: "75 s of a real trace, calm" },
  { ...ofTrace("bursty-trace", "mentions-ibm-bursty.txt"), title: "75 s of a real trace, bursty" },
  {
    ...sync,
    name: "overhead",
    title: "4 workers that never change, 200 trivial requests/s: the CPU that being watched costs",
    phases: parsePhases("200x20s:/"),
    minWorkers: 4,
    maxWorkers: 4,
  },
];

/** The scenarios of these names; all when there are none. Throws when one is unknown. */
export function scenariosNamed(names: readonly string[]): readonly Scenario[] {
  return names.length === 0 ? scenarios : names.map((name) => {
    const found = scenarios.find((scenario) => scenario.name === name);
    if (found) return found;
    throw new Error(
      `Cannot run the scenario "${name}": there is none, take ${scenarios.map((s) => s.name).join(", ")}`,
    );
  });
}

/** `count` rates from `from` to `to`, equally apart. */
function steps(from: number, to: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => from + (to - from) * i / (count - 1));
}

/** A trace that was kept back from every search for settings, cut so that it is measured in less than 90 s. */
function ofTrace(name: string, file: string): Omit<Scenario, "title"> {
  return {
    ...sync,
    name,
    light: true,
    phases: phasesOfRates(traceRates(file).slice(0, 75), 1000, "/sleep/{ms}"),
    service: { medianMs: 50, sigma: 0.4 },
    maxWorkers: 16,
  };
}

function traceRates(file: string): number[] {
  const text = Deno.readTextFileSync(new URL(`traces/${file}`, import.meta.url));
  return text.trim().split("\n").map(Number);
}
