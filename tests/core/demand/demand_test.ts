import { assert, assertAlmostEquals, assertEquals, assertGreater, assertLess } from "@std/assert";
import { utilizationOf } from "../../../src/core/demand/objective.ts";
import type { Tick } from "../../../src/core/history.ts";
import type { Sample, WorkerKind } from "../../../src/core/sample.ts";
import { durations, load, sample } from "../samples.ts";
import { tick, ticks } from "../ticks.ts";
import { asked, computing, CPU, demand, mixed, requests, SETTINGS } from "./demand_scenes.ts";

Deno.test("no request arrives: one worker is wanted, by no signal", () => {
  const { wanted, enough, by, burst, signals } = demand({});
  assertEquals([wanted, enough, by, burst, signals], [1, 1, "none", false, []]);
});

Deno.test("load: enough workers that few wait, and not one more than twice the erlangs needs", () => {
  for (const perTick of [2, 5, 10, 30]) {
    const workers = asked({ always: requests(perTick, 100) }, "load");
    assert(workers > perTick * 0.9 && workers < 2 * perTick + 1, `${workers} for ${perTick} erlangs`);
  }
});

Deno.test("load: a worker of four threads carries what four sync workers do, at least", () => {
  const sync = asked({ always: requests(12, 100) }, "load");
  const threads = asked({ always: requests(12, 100), kind: "gthread", slots: 4 }, "load");
  assertLess(threads, sync / 3);
  assertGreater(threads * 4, 12);
});

Deno.test("load: a lower objective asks for more workers, a higher one for no more than utilization does", () => {
  const at = (sloP95Ms: number) =>
    asked({ always: requests(2, 100), input: { settings: { ...SETTINGS, sloP95Ms } } }, "load");
  assertGreater(at(150), at(1_000));
  assertEquals(at(100_000), at(1e9));
});

Deno.test("load: few may wait longer than the objective, so more come than utilization alone asks for", () => {
  // One erlang: 2 workers would be busy half the time, and let one in five wait for 100 ms and more.
  assertGreater(asked({ always: requests(1, 150) }, "load"), Math.ceil(1 / SETTINGS.targetUtilization));
});

Deno.test("load: requests near the objective may hardly wait; beyond it by themselves they may, as nothing would help", () => {
  const workers = (serviceMs: number) => asked({ always: requests(0.8, serviceMs) }, "load");
  assertEquals([workers(100), workers(200), workers(250), workers(290)], [2, 4, 5, 6]);
  assertEquals(workers(400), 5);
});

Deno.test("load: where one in twenty takes longer than the objective anyway, a service time may be waited for", () => {
  const slowest = (share: number) => {
    const counts = durations(1 - share, 240).map((n, i) => n + durations(share, 600)[i]!);
    return asked({ always: { ...requests(1, 250), durations: counts } }, "load");
  };
  assertGreater(slowest(0.04), slowest(0.06));
});

Deno.test("load that has gone is not believed from the average of what was", () => {
  const scene = { always: requests(8, 100), recent: Array<Partial<Tick>>(20).fill({}) };
  assertLess(demand(scene).wanted, 3);
});

Deno.test("before workers go, what is left must carry a tenth more; a quarter more it need not", () => {
  for (const perTick of [4, 9, 14, 25, 60]) {
    const { wanted, enough } = demand({ always: requests(perTick, 100) });
    assert(enough >= wanted);
    assert(enough > perTick * 1.1, `${enough} at ${perTick}`);
    assert(enough <= demand({ always: requests(perTick * 1.3, 100) }).wanted, `${enough} at ${perTick}`);
  }
});

Deno.test("concurrency: async workers are counted in requests in flight", () => {
  const flying = (n: number) => ({
    always: { ...requests(1, 0), occupiedMs: n * 100 },
    kind: "uvicorn" as const,
  });
  const { targetConcPerWorker } = SETTINGS;
  assertEquals(asked(flying(targetConcPerWorker), "load"), 0);
  // Proven load is a little below the mean, so exactly four workers' worth is carried by four.
  assertEquals(asked(flying(4 * targetConcPerWorker), "concurrency"), 4);
  assertEquals(asked(flying(8 * targetConcPerWorker), "concurrency"), 8);
});

Deno.test("cpu: an async worker is one core at most, and is not planned to be all of it", () => {
  for (const cores of [0.5, 0.99, 2, 3.5, 6]) {
    const workers = asked(computing(cores, "uvicorn"), "cpu");
    assert(workers >= cores / 0.9 && workers <= Math.ceil(cores / 0.5), `${workers} for ${cores} cores`);
  }
});

Deno.test("cpu: a gthread worker is full near one core, a sync worker's CPU bounds nothing", () => {
  for (const cores of [0.5, 0.99, 2, 3.5, 6]) {
    const workers = asked(computing(cores, "gthread"), "cpu");
    assert(workers >= cores / 0.95 && workers <= Math.ceil(cores / 0.7), `${workers} for ${cores} cores`);
  }
  assertEquals(asked(computing(6, "sync"), "cpu"), 0);
  assertEquals(asked(computing(6, "uvicorn", { sample: {} }), "cpu"), 0);
});

Deno.test("cpu: no core is asked for because of a rounding error", () => {
  // 2.1 / 0.7 is a little more than 3 in floating point.
  assertEquals(asked(computing(2.1, "uvicorn"), "cpu"), 3);
});

Deno.test("cpu: before workers go, the CPU too must have room", () => {
  const { wanted, enough } = demand(computing(2.05, "uvicorn"));
  assertEquals([wanted, enough], [3, 4]);
});

Deno.test("cpu: while the last growth cannot be seen in averages nothing more is asked for", () => {
  const { burstWindowMs } = SETTINGS;
  const after = (sinceUpMs: number, booting = 0) =>
    asked(
      computing(3, "uvicorn", {
        input: {
          sinceUpMs,
          counts: { target: 2, ready: 2, booting, draining: 0, oldestBootMs: 10 },
        },
      }),
      "cpu",
    );
  assertEquals(after(burstWindowMs + 39), 0);
  assertGreater(after(burstWindowMs + 40), 0);
  assertEquals(after(1e9, 1), 0);
});

Deno.test("utilization: of the slots, or of the cores that async workers could use; never more than all", () => {
  const sums = { ...tick({ occupiedMs: 300, workerMs: 400, cpuMs: 100 }), spanMs: 100 };
  const of = (kind: WorkerKind, slots: number, changes: Partial<Sample> = {}, seen = sums) =>
    utilizationOf(sample(0, { model: { kind, slots }, ...changes }), seen);
  assertEquals(of("sync", 1), 0.75);
  assertEquals(of("gthread", 3), 0.25);
  assertEquals(of("sync", 1, {}, { ...sums, occupiedMs: 500 }), 1);
  assertEquals(of("uvicorn", 1_000, { cpu: CPU }), 0.25);
  assertEquals(of("uvicorn", 1_000, { cpu: CPU }, { ...sums, cpuMs: 500 }), 1);
  assertEquals(of("uvicorn", 1_000), "unknown");
  assertEquals(of("sync", 1, {}, { ...sums, workerMs: 0 }), "unknown");
  assertEquals(of("sync", 1, {}, { ...sums, workerMs: 1, occupiedMs: 0.5 }), 0.5);
  assertEquals(of("sync", 1, { load: "unknown" }), "unknown");
  const statsd = { requests: 1, durations: [], durationCount: 0, durationSumMs: 0 };
  assertEquals(of("sync", 1, { load: "unknown", statsd }), 0.75);
});

Deno.test("facts: what was seen, or that it could not be", () => {
  const always = { ...requests(2, 50), cpuMs: 30 };
  const seen =
    demand({ always, sample: { cpu: CPU, load: load({ inFlight: 3, innerQueue: 1 }), queue: 4 } }).facts;
  assertEquals([seen.rps, seen.inFlight, seen.queued, seen.serviceMs], [20, 3, 5, 50]);
  assertEquals([seen.erlangs, seen.utilization, seen.limitCores], [1, 0.5, 8]);
  assertAlmostEquals(seen.workerCores as number, 0.3, 1e-9);
  assertAlmostEquals(seen.p95Ms as number, 50, 12.5);
  const unseen = demand({ sample: { load: "unknown", queue: "unknown" } }).facts;
  assertEquals(unseen.serviceMs, "unknown");
  for (const fact of ["inFlight", "queued", "p95Ms", "workerCores", "limitCores", "utilization"] as const) {
    assertEquals(unseen[fact], "unknown", fact);
  }
});

Deno.test("load: times that vary ask for more, times that vary wildly for no more than that", () => {
  const asks = (times: Float64Array) => asked({ always: { ...requests(4, 100), durations: times } }, "load");
  const even = asks(durations(4, 100));
  const [wild, wilder] = [asks(mixed(8)), asks(mixed(60))];
  assertGreater(wild, even);
  assertEquals(wild, wilder);
});

Deno.test("before workers go: slots are never planned to be all but full, however patient the objective", () => {
  const settings = { ...SETTINGS, maxWorkers: 1_000, targetUtilization: 0.95, sloP95Ms: 1e6 };
  const { enough } = demand({ always: requests(300, 100), input: { settings } });
  assertGreater(enough, 300 * 1.15 * 1.015);
});

Deno.test("where two signals ask for as many, the one that is looked at first is named", () => {
  const { by, signals } = demand(computing(2, "uvicorn", {
    always: { ...requests(1, 1), occupiedMs: 100 * 2.9 * SETTINGS.targetConcPerWorker, cpuMs: 200 },
  }));
  assertEquals(signals.map(({ workers }) => workers), [3, 3]);
  assertEquals(by, "concurrency");
});

Deno.test("facts: the 95th percentile is that of the slowest twentieth", () => {
  const times = durations(9, 50);
  times.set(durations(1, 900).map((n, i) => n + times[i]!));
  assertGreater(demand({ always: { ...requests(10, 50), durations: times } }).facts.p95Ms as number, 600);
});

Deno.test("before any tick there is no CPU and no load, and one worker is enough", () => {
  const { wanted, enough, facts } = demand({
    sample: { cpu: CPU },
    kind: "uvicorn",
    input: { history: ticks([]) },
  });
  assertEquals([wanted, enough, facts.workerCores, facts.rps], [1, 1, "unknown", 0]);
});

Deno.test("a tick of a millisecond counts", () => {
  const history = ticks([{ elapsedMs: 1, cpuMs: 3 }]);
  const { facts, enough } = demand({ sample: { cpu: CPU }, kind: "uvicorn", input: { history } });
  assertEquals([facts.workerCores, enough], [3, 5]);
});
