import { Arbiter } from "./arbiter.ts";
import { Arrivals, durationMs } from "./arrivals.ts";
import type { Controller } from "./controller.ts";
import { Measurements } from "./measurements.ts";
import { Random } from "./random.ts";
import type { Change, Result } from "./result.ts";
import type { Scenario } from "./scenario.ts";
import { BIN, BOOTED, END, FORK, KILL, LATEST_START, ORDER, RETRY, Server, WAITED } from "./server.ts";
import { serviceSampler, type ServiceTime } from "./service_time.ts";
import { SimulatedSensors } from "./simulated_sensors.ts";
import { BOOTING, READY } from "./worker_table.ts";

/** More processes than this are never alive in a simulation. */
const CAPACITY = 2048;

/** Points of the timeline: enough for a chart, few enough for a page. */
const BINS = 600;

/**
 * Simulates the scenario under the controller, from the first arrival to the last response. Same scenario and
 * controller, same result: nothing depends on the clock. Worker-seconds count processes alive (booting and draining
 * too) over the load's duration.
 */
export function run(scenario: Scenario, controller: Controller): Result {
  return new Engine(scenario, controller).run();
}

class Engine {
  readonly #scenario: Scenario;
  readonly #controller: Controller;
  readonly #results: Measurements;
  readonly #server: Server;
  readonly #arbiter: Arbiter;
  readonly #sensors: SimulatedSensors;
  readonly #arrivals: Arrivals;
  readonly #draws: readonly ReturnType<typeof serviceSampler>[];
  readonly #durationMs: number;
  readonly #changes: Change[] = [];
  #wanted: number;
  #peak: number;
  #workerMs = 0;
  #cpuMs = 0;
  #endWorkers = 0;
  #ended = false;

  constructor(scenario: Scenario, controller: Controller) {
    this.#scenario = scenario;
    this.#controller = controller;
    this.#durationMs = durationMs(scenario.load);
    const binMs = Math.max(100, Math.ceil(this.#durationMs / BINS / 100) * 100);
    this.#results = new Measurements(scenario.sloMs, scenario.clientTimeoutMs, binMs);
    this.#server = new Server(scenario, this.#results, controller.foresight, CAPACITY);
    this.#arbiter = new Arbiter(this.#server, controller.actuation, controller.initialWorkers);
    this.#sensors = new SimulatedSensors(this.#server, this.#arbiter);
    this.#wanted = this.#peak = controller.initialWorkers;
    this.#arrivals = new Arrivals(scenario.load, scenario.arrivals, new Random(scenario.seed, 1));
    this.#draws = samplers(scenario);
    this.#server.events.push(binMs, BIN, 0);
    this.#server.events.push(this.#durationMs, END, 0);
  }

  run(): Result {
    const { events, processor } = this.#server;
    const { tickMs } = this.#controller;
    // The first look, at 0, has nothing behind it; then the controller goes on in its own rhythm.
    let tickAtMs = 0;
    const giveUpMs = this.#durationMs + this.#scenario.clientTimeoutMs;
    while (!this.#ended || this.#results.offered > this.#results.over) {
      const arrivalMs = this.#arrivals.nextMs;
      const eventMs = events.nextMs();
      const cpuMs = this.#server.nowMs + processor.nextInMs();
      const nextMs = Math.min(arrivalMs, eventMs, cpuMs, tickAtMs);
      // By then every client has gone: what is still queued or served changes no figure.
      if (nextMs > giveUpMs) break;
      this.#server.advance(nextMs);
      if (cpuMs <= nextMs) this.#computed();
      else if (eventMs <= nextMs) this.#event();
      else if (arrivalMs <= nextMs) this.#arrive();
      else {
        this.#tick();
        tickAtMs += tickAtMs === 0 ? tickMs * (1 - this.#scenario.tickPhase) : tickMs;
      }
    }
    this.#results.giveUp();
    return this.#result();
  }

  #arrive(): void {
    const { requests, nowMs } = this.#server;
    const request = requests.take();
    requests.arrivedMs[request] = nowMs;
    this.#draws[this.#arrivals.segment]!(requests, request);
    requests.cpuMs[request]! += this.#scenario.requestCpuMs;
    requests.refusals[request] = 0;
    requests.queued[request] = 0;
    this.#results.arrived();
    this.#server.arrive(request);
    this.#arrivals.advance();
  }

  #computed(): void {
    const { processor, workers } = this.#server;
    const job = processor.finish();
    const worker = processor.finishedWorker;
    if (workers.state[worker] === BOOTING) this.#arbiter.bootComputed(worker, job);
    else this.#server.computed(worker, job);
  }

  #event(): void {
    const { events, workers, requests } = this.#server;
    events.pop();
    const { what, id, epoch } = events;
    switch (what) {
      case WAITED:
        this.#server.waited(id);
        break;
      case RETRY:
        this.#server.arrive(id);
        break;
      case LATEST_START:
        if (requests.serial[id] === epoch) this.#startAtLast(id);
        break;
      case BOOTED:
        if (workers.epoch[id] === epoch) this.#arbiter.booted(id);
        break;
      case KILL:
        if (workers.epoch[id] === epoch) this.#server.kill(id);
        break;
      case ORDER:
        this.#arbiter.obey(id);
        break;
      case FORK:
        this.#arbiter.forked();
        if (workers.alive > this.#peak) this.#peak = workers.alive;
        break;
      case BIN:
        this.#closeBin();
        break;
      case END:
        this.#end();
    }
  }

  /** Foresight: the request must start now to keep the SLO, so workers come from nowhere until it does. */
  #startAtLast(request: number): void {
    const { requests, workers, nowMs } = this.#server;
    while (requests.queued[request] === 1 && workers.alive < this.#controller.foresight!.maxWorkers) {
      const worker = workers.bear(nowMs);
      workers.change(worker, READY);
      this.#server.processor.forget(worker);
      this.#server.serveOldest(worker);
      if (workers.alive > this.#peak) this.#peak = workers.alive;
    }
  }

  #tick(): void {
    const sample = this.#sensors.sample();
    this.#results.sawQueue(this.#queued());
    const wanted = this.#controller.tick(sample, this.#server.workers);
    if (wanted !== this.#wanted) {
      if (!this.#ended) {
        this.#changes.push({
          atMs: sample.nowMs,
          from: this.#wanted,
          to: wanted,
          reason: this.#controller.reason(),
        });
      }
      this.#wanted = wanted;
      this.#arbiter.ask(wanted);
    }
    // Plain gunicorn counts draining workers: what one of them held back is forked when it is gone.
    this.#arbiter.forkNext();
  }

  #queued(): number {
    return this.#server.queue.length + this.#server.meters.inside;
  }

  #closeBin(): void {
    const { workers, meters, events, nowMs } = this.#server;
    this.#results.closeBin({
      alive: workers.alive,
      ready: workers.ready,
      target: this.#arbiter.target,
      queue: this.#queued(),
      busyMs: meters.busyMs,
      inFlightMs: meters.inFlightMs,
    });
    const nextMs = nowMs + this.#results.timeline.binMs;
    if (nextMs <= this.#durationMs) events.push(nextMs, BIN, 0);
  }

  #end(): void {
    const { meters, workers, processor } = this.#server;
    this.#ended = true;
    this.#workerMs = meters.aliveMs;
    this.#cpuMs = processor.servingMs + processor.bootingMs;
    this.#endWorkers = workers.alive;
  }

  #result(): Result {
    const results = this.#results;
    const { sloMs } = this.#scenario;
    return {
      controller: this.#controller.name,
      durationMs: this.#durationMs,
      sloMs,
      offered: results.offered,
      answered: results.answered,
      timedOut: results.timedOut,
      dropped: results.dropped,
      shareWithinSlo: results.offered > 0 ? results.within / results.offered : 1,
      meanMs: results.latencySumMs / Math.max(1, results.offered),
      p50Ms: results.quantileMs(0.5),
      p95Ms: results.quantileMs(0.95),
      p99Ms: results.quantileMs(0.99),
      workerSeconds: this.#workerMs / 1000,
      cpuSeconds: this.#cpuMs / 1000,
      peakWorkers: this.#peak,
      endWorkers: this.#endWorkers,
      changes: this.#changes,
      timeline: results.timeline,
    };
  }
}

/** One sampler a segment; segments with the same service time share theirs. */
function samplers(scenario: Scenario): ReturnType<typeof serviceSampler>[] {
  const random = new Random(scenario.seed, 2);
  const known = new Map<ServiceTime, ReturnType<typeof serviceSampler>>();
  return scenario.load.map((segment) => {
    const service = segment.service ?? scenario.service;
    let draw = known.get(service);
    if (!draw) known.set(service, draw = serviceSampler(service, random));
    return draw;
  });
}
