import { assertAlmostEquals, assertEquals, assertGreater, assertLess } from "@std/assert";
import type { Sample } from "../../../../src/core/sample.ts";
import {
  type Actuation,
  type Controller,
  DOORBELL,
  fixed,
} from "../../../../src/simulation/controllers/controller.ts";
import { run } from "../../../../src/simulation/server/engine.ts";
import { KeptConnections } from "../../../../src/simulation/server/requests/kept_connections.ts";
import { DRAINING, READY, WorkerTable } from "../../../../src/simulation/server/workers/worker_table.ts";
import { must, scenario } from "../scripted_scenario.ts";

const THREADS = { kind: "gthread", slots: 4 } as const;
const KEPT = { model: THREADS, keptConnections: 100 } as const;

function readyWorkers(count: number): WorkerTable {
  const workers = new WorkerTable(THREADS, count);
  for (let i = 0; i < count; i++) workers.change(workers.spawn(0), READY);
  return workers;
}

/** One worker at first, three more from 1 s on. Keeps every sample. */
function growsAtOneSecond(actuation: Actuation, then = 4): Controller & { samples: Sample[] } {
  const samples: Sample[] = [];
  return {
    name: "grows",
    tickMs: 100,
    initialWorkers: 1,
    actuation,
    samples,
    tick: (sample) => (samples.push(sample), sample.nowMs < 1000 ? 1 : then),
    reason: () => "as scripted",
  };
}

Deno.test("the connection kept last is used first, until it was idle for the keep-alive time", () => {
  const kept = new KeptConnections(readyWorkers(3), 10, 2000);
  kept.put(0, 0);
  kept.put(1, 500);
  kept.put(2, 1000);
  assertEquals([kept.take(2400), kept.take(2400), kept.take(2400)], [2, 1, -1]);
});

Deno.test("of more connections than clients keep, the one idle longest is closed", () => {
  const kept = new KeptConnections(readyWorkers(3), 2, 2000);
  kept.put(0, 0);
  kept.put(1, 0);
  kept.put(2, 0);
  assertEquals([kept.take(1), kept.take(1), kept.take(1)], [2, 1, -1]);
});

Deno.test("a connection ends with its process, and does not lead to the next one of that number", () => {
  const workers = readyWorkers(1);
  const kept = new KeptConnections(workers, 10, 2000);
  kept.put(0, 0);
  workers.change(0, 0);
  workers.change(workers.spawn(100), READY);
  assertEquals(kept.take(200), -1);
  assertEquals(kept.idleUntilMs(0, 200), 0);
});

Deno.test("a draining worker answers on its kept connections for two seconds more", () => {
  const workers = readyWorkers(1);
  const kept = new KeptConnections(workers, 10, 60_000);
  kept.put(0, 0);
  kept.put(0, 0);
  workers.change(0, DRAINING);
  kept.drain(0, 1000);
  assertEquals(kept.idleUntilMs(0, 1000), 3000);
  assertEquals([kept.take(2999), kept.take(3000)], [0, -1]);
  assertEquals(kept.idleUntilMs(0, 2999), 0);
});

Deno.test("kept connections bind their clients to the first worker; shedding sets them free for the others", () => {
  // 80 req/s of 100 ms: twice what one worker of four threads can serve.
  const share = (shares: boolean, keptConnections: number, sensors: "probe" | "statsd" = "probe") => {
    const controller = growsAtOneSecond({ ...DOORBELL, shares });
    return run(scenario("80x10s", "100", { model: THREADS, keptConnections, sensors }), controller)
      .shareWithinSlo;
  };
  const bound = share(false, 1000), shed = share(true, 1000), fresh = share(false, 0);
  assertLess(bound, 0.9);
  assertEquals(share(true, 1000, "statsd"), bound, "the probe shares: without it nothing does");
  assertGreater(shed, bound + 0.05);
  assertGreater(fresh, bound + 0.05);
});

Deno.test("a full event loop lets its kept connections go, so that others get their share", () => {
  // 16 requests/s that block for 200 ms: three loops' work.
  const share = (shares: boolean) => {
    const controller = growsAtOneSecond({ ...DOORBELL, shares }, 8);
    const model = { kind: "uvicorn", slots: 1000 } as const;
    return run(scenario("16x30s", "block:200", { model, keptConnections: 1000 }), controller).shareWithinSlo;
  };
  assertGreater(share(true), share(false) + 0.05);
});

Deno.test("a draining gthread worker lingers while it has a kept connection, and stops then", () => {
  const controller = growsAtOneSecond(DOORBELL, 0);
  // One request of 100 ms at 0.5 s; its connection is kept until 2.6 s.
  run(scenario("1x1s,0x4s", "100", { ...KEPT, arrivals: "uniform" }), controller);
  const draining = (atMs: number) =>
    must(controller.samples.find((one) => one.nowMs === atMs)!.workers).draining;
  assertEquals([draining(1100), draining(2500), draining(2700)], [1, 1, 0]);
});

Deno.test("sync workers end each connection: to keep some changes nothing", () => {
  const result = (keptConnections: number) => run(scenario("30x20s", "100", { keptConnections }), fixed(4));
  assertEquals(result(1000), result(0));
});

Deno.test("every request on a kept connection is answered, given up or lost, in every class", () => {
  for (const kind of ["gthread", "gevent", "uvicorn"] as const) {
    const model = { kind, slots: 4 };
    const more = { model, keptConnections: 50, clientTimeoutMs: 2000, gracefulTimeoutMs: 1000 };
    const controller = growsAtOneSecond(DOORBELL, 2);
    const result = run(scenario("5x5s,120x10s,5x5s", "cpu:15+wait:60", more), controller);
    assertEquals(result.offered, result.answered + result.timedOut + result.dropped, kind);
    assertAlmostEquals(result.offered, 1250, 150);
  }
});
