import { Arrivals, durationMs } from "../load/arrivals.ts";
import type { Controller } from "../controllers/controller.ts";
import { draws } from "../load/draws.ts";
import { Instance } from "./instance.ts";
import { binMsOf, Measurements } from "../report/measurements.ts";
import { Random } from "./random.ts";
import { outcome, type Result } from "../report/result.ts";
import type { Scenario } from "./scenario.ts";

/**
 * Simulates the scenario under the controller, from the first arrival to the last response. Same scenario and
 * controller, same result: nothing depends on the clock. Worker-seconds count processes alive (booting and draining
 * too) over the load's duration.
 */
export function run(scenario: Scenario, controller: Controller): Result {
  const endMs = durationMs(scenario.load);
  const binMs = binMsOf(endMs);
  const results = new Measurements(scenario.sloMs, scenario.clientTimeoutMs, binMs);
  const instance = new Instance(scenario, controller, results);
  const { server } = instance;
  const arrivals = new Arrivals(scenario.load, scenario.arrivals, new Random(scenario.seed, 1));
  const drawsOf = draws(scenario);
  const giveUpMs = endMs + scenario.clientTimeoutMs;
  let binAtMs = binMs;
  let end: { workerSeconds: number; cpuSeconds: number; endWorkers: number } | undefined;
  while (!end || results.offered > results.over) {
    const { workMs, tickAtMs } = instance;
    const arrivalMs = arrivals.nextMs;
    const nextMs = Math.min(workMs, arrivalMs, tickAtMs, binAtMs, end ? Infinity : endMs);
    // By then every client has given up: what is still queued or served changes no figure.
    if (nextMs > giveUpMs) break;
    if (workMs <= nextMs) instance.work();
    else if (binAtMs <= nextMs) {
      server.advance(nextMs);
      closeBin(results, instance);
      binAtMs = binAtMs + binMs <= endMs ? binAtMs + binMs : Infinity;
    } else if (!end && endMs <= nextMs) {
      server.advance(nextMs);
      instance.recordsChanges = false;
      end = {
        workerSeconds: server.meters.aliveMs / 1000,
        cpuSeconds: (server.processor.servingMs + server.processor.bootingMs) / 1000,
        endWorkers: server.workers.alive,
      };
    } else if (arrivalMs <= nextMs) {
      results.arrived();
      instance.arrive(nextMs, drawsOf[arrivals.segment]!);
      arrivals.advance();
    } else instance.tick();
  }
  results.giveUp();
  return {
    controller: controller.name,
    durationMs: endMs,
    ...outcome(results, scenario.sloMs),
    ...end!,
    peakWorkers: instance.peak,
    changes: instance.changes,
    timeline: results.timeline,
  };
}

function closeBin(results: Measurements, instance: Instance): void {
  const { workers, meters } = instance.server;
  results.closeBin({
    alive: workers.alive,
    ready: workers.ready,
    target: instance.arbiter.target,
    queue: instance.queued,
    busyMs: meters.busyMs,
    inFlightMs: meters.inFlightMs,
  });
}
