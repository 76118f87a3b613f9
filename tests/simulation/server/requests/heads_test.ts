/** Clients that send the heads of their requests slowly, and event streams. */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import type { Load, Sample } from "../../../../src/core/sample.ts";
import { type Controller, DOORBELL } from "../../../../src/simulation/controllers/controller.ts";
import { NOTHING, type ServiceTime } from "../../../../src/simulation/load/service_time.ts";
import { READY, WorkerTable } from "../../../../src/simulation/server/workers/worker_table.ts";
import { run } from "../../../../src/simulation/server/engine.ts";
import { must, scenario } from "../scripted_scenario.ts";

const THREADS = { kind: "gthread", slots: 4 } as const;
const LOOP = { kind: "uvicorn", slots: 1000 } as const;
const waiting = (ms: number): ServiceTime => ({ cpu: NOTHING, wait: { kind: "constant", ms } });

/** So many workers all the time. Keeps every sample. */
function scripted(workers: number): Controller & { samples: Sample[] } {
  const samples: Sample[] = [];
  return {
    name: "scripted",
    tickMs: 100,
    initialWorkers: workers,
    actuation: DOORBELL,
    samples,
    tick: (sample) => (samples.push(sample), workers),
    reason: () => "as scripted",
  };
}

/** What requests at equal gaps of `everyMs`, for a while, come to on one worker, and the loads that were seen. */
function served(service: ServiceTime, model: typeof THREADS | typeof LOOP, everyMs: number, forMs: number) {
  const controller = scripted(1);
  const load = [{ ratePerSecond: 1000 / everyMs, durationMs: forMs }];
  const result = run(
    { ...scenario("1x1s", "0"), load, arrivals: "uniform", model, service, sloMs: 10_000 },
    controller,
  );
  const loads = controller.samples.map((sample): Load => must(sample.load));
  return { result, loads };
}

Deno.test("a thread waits for the head of its request, which is not in service yet", () => {
  const { loads } = served({ ...waiting(50), headMs: 1_000 }, THREADS, 1_000, 1_000);
  assertEquals([loads[9]!.busyThreads, loads[9]!.inFlight, loads[9]!.started], [1, 0, 0]);
});

Deno.test("an answer comes after the head and the service", () => {
  const { result } = served({ ...waiting(50), headMs: 1_000 }, THREADS, 500, 2_000);
  assertAlmostEquals(result.p50Ms, 1_050, 30);
});

Deno.test("heads take threads from other requests", () => {
  const { loads } = served({ ...waiting(50), headMs: 1_000 }, THREADS, 100, 1_000);
  assertEquals(loads[9]!.busyThreads, 4);
});

Deno.test("clients send their heads while they wait for a thread", () => {
  // Ten requests within a second on four threads: waiting one after the other they would take over two seconds more.
  const { result } = served({ ...waiting(10), headMs: 1_000 }, THREADS, 100, 1_000);
  assertEquals(result.answered, 10);
  assertAlmostEquals(result.p99Ms, 1_010, 40);
});

const STREAM: ServiceTime = { ...waiting(5_000), streams: true };

Deno.test("an event stream is no request in service", () => {
  const { loads } = served(STREAM, LOOP, 1_000, 1_000);
  const last = loads.at(-1)!;
  assertEquals([last.streams, last.streamWorkers, last.inFlight], [1, 1, 0]);
});

Deno.test("an event stream that began counts as a request that ended, and its time as none", () => {
  const { loads } = served(STREAM, LOOP, 1_000, 1_000);
  const sum = (of: (load: Load) => number) => loads.reduce((all, load) => all + of(load), 0);
  assertEquals([sum((one) => one.started), sum((one) => one.finished), sum((one) => one.serviceMs)], [
    1,
    1,
    0,
  ]);
});

Deno.test("of workers with event streams the one with the fewest goes first, of plain gunicorn's the oldest", () => {
  const workers = new WorkerTable(LOOP, 2);
  for (const streams of [2, 1]) {
    const worker = workers.spawn(0);
    workers.change(worker, READY);
    for (let i = 0; i < streams; i++) workers.serve(worker, true, 1);
  }
  assertEquals([workers.nextToStop("idle"), workers.nextToStop("oldest")], [1, 0]);
});

Deno.test("what a neighbour takes is in use while it is there", () => {
  const controller = scripted(2);
  const neighbour = { fromMs: 1_000, untilMs: 2_000, bytes: 500 };
  const memory = { limitBytes: 1_000, baseBytes: 100, workerBytes: 10, neighbour };
  run(scenario("1x3s", "10", { memory }), controller);
  const used = (ms: number) => must(controller.samples.find(({ nowMs }) => nowMs >= ms)!.memory).usedBytes;
  assertEquals([used(900), used(1_000), used(1_900), used(2_000)], [120, 620, 620, 120]);
});
