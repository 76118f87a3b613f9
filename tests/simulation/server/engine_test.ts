import { assert, assertAlmostEquals, assertEquals, assertGreater, assertLess } from "@std/assert";
import type { Sample } from "../../../src/core/sample.ts";
import {
  type Actuation,
  type Controller,
  DOORBELL,
  fixed,
  PLAIN_GUNICORN,
} from "../../../src/simulation/controllers/controller.ts";
import { DEFAULT_POLICY } from "../../../src/core/policy_settings.ts";
import { autoscaler } from "../../../src/simulation/controllers/autoscaler_controller.ts";
import { run } from "../../../src/simulation/server/engine.ts";
import { must, scenario } from "./scripted_scenario.ts";

/** Wants what `plan` says of the time. Keeps every sample. */
function scripted(
  initialWorkers: number,
  plan: (nowMs: number) => number,
  actuation: Actuation = DOORBELL,
): Controller & { samples: Sample[] } {
  const samples: Sample[] = [];
  return {
    name: "scripted",
    tickMs: 100,
    initialWorkers,
    actuation,
    samples,
    tick: (sample) => (samples.push(sample), plan(sample.nowMs)),
    reason: () => "as scripted",
  };
}

Deno.test("the CPU is known when the load begins, as workers have booted: boots for its first requests take turns", () => {
  const controller = scripted(2, () => 2);
  run(scenario("20x2s", "50", { cores: 1.5 }), controller);
  const { limitCores, workerCores } = must(controller.samples[0]!.cpu);
  assertEquals([limitCores, workerCores], [1.5, 0]);
});

Deno.test("every request that arrives is answered, given up or lost", () => {
  for (const kind of ["sync", "gthread", "gevent", "uvicorn"] as const) {
    const model = { kind, slots: kind === "sync" ? 1 : 4 };
    const result = run(scenario("5x5s,80x10s,5x5s", "cpu:15+wait:60", { model }), fixed(2));
    assertEquals(result.offered, result.answered + result.timedOut + result.dropped, kind);
    assertGreater(result.offered, 500);
  }
});

Deno.test("2 -> 10 workers are asked for at a tick and ready a doorbell, eight forks and a boot later", () => {
  const controller = scripted(2, (nowMs) => nowMs >= 1000 ? 10 : 2);
  run(scenario("0x3s", "100", { bootMs: 60, bootCpuMs: 0 }), controller);
  // 2 ms doorbell + 8 x 3 ms fork + 60 ms boot = 86 ms after the tick at 1000
  const counts = (atMs: number) => controller.samples.find((sample) => sample.nowMs === atMs)!.workers;
  assertEquals(counts(1000), { target: 2, ready: 2, booting: 0, draining: 0, oldestBootMs: 0 });
  assertEquals(counts(1100), { target: 10, ready: 10, booting: 0, draining: 0, oldestBootMs: 0 });
});

Deno.test("boots that compute take longer when cores are few, and their CPU is not the workers'", () => {
  const controller = scripted(1, (nowMs) => nowMs >= 1000 ? 9 : 1);
  const result = run(scenario("0x6s", "100", { cores: 2, bootMs: 500, bootCpuMs: 500 }), controller);
  const allReady = must(controller.samples.find((sample) => must(sample.workers).ready === 9));
  // 8 x 500 ms of CPU on 2 cores: 2 s
  assertAlmostEquals(allReady.nowMs, 3000, 150);
  assertAlmostEquals(result.cpuSeconds, 4, 0.01);
  const atTwo = must(controller.samples.find((sample) => sample.nowMs === 2100)!.cpu);
  assertEquals(atTwo.workerCores, 0);
  assertAlmostEquals(atTwo.usedCores, 2, 0.1);
});

Deno.test("a boot says what it computed, and what it waited for a core", () => {
  const controller = scripted(1, (nowMs) => nowMs >= 1000 ? 9 : 1);
  run(scenario("0x6s", "100", { cores: 2, bootMs: 600, bootCpuMs: 500 }), controller);
  const boots = must(controller.samples.at(-1)!.boots);
  assertEquals(must(boots.lastBootCpuMs), 500);
  // 8 x 500 ms of CPU on 2 cores take 2 s, and 100 ms are spent waiting for something else.
  assertAlmostEquals(must(boots.lastBootMs), 2_100, 30);
  assertAlmostEquals(must(boots.lastBootWaitMs), 1_500, 30);
});

Deno.test("the first workers have booted before the time begins, all at once, and how long it took is known", () => {
  const lastBootMs = (workers: number, bootCpuMs: number) => {
    const controller = scripted(workers, () => workers);
    run(scenario("0x1s", "100", { cores: 2, bootMs: 600, bootCpuMs }), controller);
    return must(controller.samples[0]!.boots).lastBootMs;
  };
  assertEquals(lastBootMs(2, 400), 600);
  assertEquals(lastBootMs(6, 0), 600);
  // 6 x 400 ms of CPU on 2 cores take 1200 ms, and 200 ms are spent waiting.
  assertEquals(lastBootMs(6, 400), 1400);
});

Deno.test("a draining worker finishes its request; idle ones stop first with our probe, oldest with plain gunicorn", () => {
  for (const [actuation, draining] of [[DOORBELL, 0], [PLAIN_GUNICORN, 1]] as const) {
    // One request of 4 s at 0.5 s lands on one of 2 workers, then one worker must go.
    const controller = scripted(2, (nowMs) => nowMs >= 1000 ? 1 : 2, actuation);
    const drains = [1, 2, 3, 4, 5, 6].map((seed) => {
      controller.samples.length = 0;
      const result = run(scenario("1x1s,0x9s", "4000", { arrivals: "uniform", seed }), controller);
      assertEquals(result.answered, 1);
      return must(controller.samples.find((sample) => sample.nowMs === 2000)!.workers).draining;
    });
    assertEquals(Math.max(...drains), draining, actuation.stopOrder);
  }
});

Deno.test("plain gunicorn counts a draining worker and forks only when it is gone; the doorbell forks beside it", () => {
  const plan = (nowMs: number) => nowMs < 1000 ? 1 : nowMs < 1500 ? 0 : 1;
  const readyAt = (actuation: Actuation) => {
    const controller = scripted(1, plan, actuation);
    run(scenario("1x1s,0x9s", "4000", { arrivals: "uniform" }), controller);
    return controller.samples.find((sample) => sample.nowMs > 1500 && must(sample.workers).ready === 1)!
      .nowMs;
  };
  assertEquals(readyAt(DOORBELL), 1600);
  assertGreater(readyAt(PLAIN_GUNICORN), 4500);
});

Deno.test("a drain that outlasts the graceful timeout loses its requests, in every class", () => {
  for (const kind of ["sync", "gthread", "uvicorn"] as const) {
    for (const service of ["constant:8000", "cpu:8000"]) {
      const model = { kind, slots: kind === "sync" ? 1 : 2 };
      const controller = scripted(1, (nowMs) => nowMs >= 3000 ? 0 : 1);
      const more = { model, arrivals: "uniform", gracefulTimeoutMs: 1000, clientTimeoutMs: 60_000 } as const;
      const result = run(scenario("1x3s,0x20s", service, more), controller);
      assertEquals(result.answered, 0, `${kind} ${service}`);
      assertEquals(result.offered, 3);
      assertEquals(must(controller.samples.at(-1)!.workers).draining, 0, `${kind} ${service}`);
      assertEquals(result.endWorkers, 0);
    }
  }
});

Deno.test("beyond the listen backlog a connection is refused and tried again until the client gives up", () => {
  const more = { backlog: 10, clientTimeoutMs: 5000 };
  const result = run(scenario("100x5s", "1000", more), fixed(1));
  assertGreater(result.dropped, 300);
  assertLess(result.answered, 10);
  const roomy = run(scenario("100x5s", "1000", { ...more, backlog: 2048 }), fixed(1));
  assertEquals(roomy.dropped, 0);
  assertGreater(Math.max(...roomy.timeline.queue), 400);
});

Deno.test("a client's time-out does not spare the server the work", () => {
  // 20 req/s of 100 ms on one worker: after 1 s of patience all requests in the queue are given up, and none
  // is in time again.
  const result = run(scenario("20x20s", "100", { clientTimeoutMs: 1000 }), fixed(1));
  assertLess(result.answered, 40);
  assertAlmostEquals(result.p99Ms, 1000, 1);
});

Deno.test("a plain gthread worker hides its queue inside: the accept queue stays empty", () => {
  const controller = scripted(1, () => 1, PLAIN_GUNICORN);
  run(
    scenario("40x1s,0x2s", "1000", { model: { kind: "gthread", slots: 4 }, arrivals: "uniform" }),
    controller,
  );
  const busiest = controller.samples.find((sample) => sample.nowMs === 900)!;
  assertEquals(busiest.queue, 0);
  assertEquals(must(busiest.load).inFlight, 4);
  assertAlmostEquals(must(busiest.load).innerQueue, 32, 1);
});

Deno.test("with the probe a gthread worker takes one more than it has threads, and leaves the rest to added workers", () => {
  const controller = scripted(1, (nowMs) => nowMs >= 900 ? 2 : 1);
  run(
    scenario("40x1s,0x2s", "1000", { model: { kind: "gthread", slots: 4 }, arrivals: "uniform" }),
    controller,
  );
  const at = (atMs: number) => controller.samples.find((sample) => sample.nowMs === atMs)!;
  assertEquals([must(at(900).load).inFlight, must(at(900).load).innerQueue], [4, 1]);
  assertAlmostEquals(must(at(900).queue), 31, 1);
  assertEquals(must(at(1_000).load).inFlight, 8, "the new worker begins at once with what waits");
});

Deno.test("told to take one request at a time a gthread worker does so, and as many as it has threads when no longer told", () => {
  const controller = { ...scripted(2, () => 2), oneAtATime: () => controller.samples.length <= 5 };
  const model = { kind: "gthread", slots: 4 } as const;
  run(scenario("40x1s,0x2s", "1000", { model, arrivals: "uniform" }), controller);
  const inFlight = (atMs: number) =>
    must(controller.samples.find((sample) => sample.nowMs === atMs)!.load).inFlight;
  assertEquals([inFlight(100), inFlight(500), inFlight(600)], [2, 2, 8]);
});

Deno.test("gthread workers whose requests compute alike serve as many in time as sync workers, within a point", () => {
  for (const seed of [1, 2, 3, 4]) {
    const [sync, gthread] = (["sync", "gthread"] as const).map((kind) =>
      run(
        scenario("5x10s,30x20s,5x5s", "cpu:lognormal:45,0.3", {
          model: { kind, slots: kind === "sync" ? 1 : 4 },
          bootMs: 4,
          bootCpuMs: 4,
          seed,
        }),
        autoscaler({ ...DEFAULT_POLICY, minWorkers: 1, maxWorkers: 12 }),
      ).shareWithinSlo
    );
    assertGreater(gthread!, sync! - 0.01, `seed ${seed}`);
  }
});

Deno.test("a plain gthread worker accepts though all its threads wait, and another has free ones", () => {
  const controller = scripted(2, () => 2, PLAIN_GUNICORN);
  const model = { kind: "gthread", slots: 4 } as const;
  // Six of eight threads are in use, and requests come one every 17 ms: dealt evenly, none would ever wait.
  run(scenario("60x10s", "100", { model, arrivals: "uniform", bootCpuMs: 0 }), controller);
  const waiting = controller.samples.filter(({ load }) =>
    must(load).innerQueue > 0 && must(load).inFlight < 8
  );
  assertGreater(waiting.length, 5);
});

Deno.test("gthread's hidden queue is empty again when all is served", () => {
  const controller = scripted(1, () => 1, PLAIN_GUNICORN);
  run(
    scenario("40x1s,0x15s", "1000", { model: { kind: "gthread", slots: 4 }, clientTimeoutMs: 60_000 }),
    controller,
  );
  assertEquals(must(controller.samples.at(-1)!.load).innerQueue, 0);
});

Deno.test("within the SLO is what took no longer than it, exactly", () => {
  // One worker, 5 requests at once: they take 100, 200 ... 500 ms.
  const world = (sloMs: number) =>
    scenario("5000x1ms,0x2s", "100", { arrivals: "uniform", bootCpuMs: 0, sloMs });
  const share = (sloMs: number) => run(world(sloMs), fixed(1)).shareWithinSlo;
  assertEquals([90, 150, 350, 550].map(share), [0, 0.2, 0.6, 1]);
});

Deno.test("a loop that computes leaves connections in the accept queue; one that waits takes them at once", () => {
  const queues = ["cpu:200", "wait:200"].map((service) => {
    const controller = scripted(1, () => 1);
    run(scenario("20x3s", service, { model: { kind: "uvicorn", slots: 1000 } }), controller);
    const seen = controller.samples.map((sample) => sample.queue as number);
    const lag = controller.samples.map((sample) => must(must(sample.load).loopLagMs));
    return { queue: Math.max(...seen), lag: Math.max(...lag) };
  });
  assertGreater(queues[0]!.queue, 5);
  assertGreater(queues[0]!.lag, 150);
  assertEquals(queues[1], { queue: 0, lag: 0 });
});

Deno.test("the turns of a loop end, however many of its requests wait and come back meanwhile", () => {
  const controller = scripted(1, () => 1);
  run(scenario("150x5s", "cpu:10+wait:20", { model: { kind: "uvicorn", slots: 1000 } }), controller);
  const loops = controller.samples.slice(-20).map((sample) => must(must(sample.load).loop));
  assertGreater(loops.reduce((sum, { ticks }) => sum + ticks, 0), 10);
});

Deno.test("the samples' deltas add up to what happened", () => {
  const controller = scripted(4, () => 4);
  const result = run(scenario("30x20s,0x2s", "cpu:10+wait:90", { cores: 8 }), controller);
  let started = 0, finished = 0, inFlightMs = 0, busyMs = 0, service = 0;
  for (const sample of controller.samples) {
    const load = must(sample.load);
    started += load.started;
    finished += load.finished;
    inFlightMs += load.inFlightMs;
    busyMs += load.busyMs;
    service += Array.from(load.service).reduce((sum, count) => sum + count, 0);
  }
  assertEquals(started, result.offered);
  assertEquals(finished, result.answered);
  assertEquals(service, result.answered);
  assertAlmostEquals(inFlightMs, result.offered * 100, 1);
  assertAlmostEquals(busyMs, inFlightMs, 1e-6); // one request a sync worker
});

Deno.test("with StatsD as the only sensor the sample knows finished requests, not those in flight", () => {
  const controller = scripted(2, () => 2);
  const result = run(scenario("10x5s,0x1s", "100", { sensors: "statsd" }), controller);
  assert(controller.samples.every((sample) => sample.load === "unknown"));
  const finished = controller.samples.reduce((sum, { statsd }) => sum + must(statsd).requests, 0);
  assertEquals(finished, result.answered);
});

Deno.test("worker-seconds count every process from fork to exit, over the load's duration", () => {
  assertAlmostEquals(run(scenario("0x10s", "100"), fixed(3)).workerSeconds, 30, 1e-6);
  const grown = run(
    scenario("0x10s", "100", { bootMs: 1000, bootCpuMs: 0 }),
    scripted(1, (nowMs) => nowMs >= 5000 ? 2 : 1),
  );
  assertAlmostEquals(grown.workerSeconds, 10 + 5 - 0.005, 1e-6);
});
