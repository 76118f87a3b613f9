import { Arbiter } from "./workers/arbiter.ts";
import type { Controller } from "../controllers/controller.ts";
import type { Measurements } from "../report/measurements.ts";
import type { Change } from "../report/result.ts";
import type { Scenario } from "./scenario.ts";
import {
  BOOTED,
  FORK,
  HEAD_ARRIVED,
  KILL,
  LATEST_START,
  LINGERED,
  ORDER,
  RETRY,
  WAITED,
} from "./event_kinds.ts";
import { Server } from "./server.ts";
import type { ServiceSampler } from "../load/service_time.ts";
import { SimulatedSensors } from "./simulated_sensors.ts";
import { BOOTING, READY } from "./workers/worker_table.ts";

/** More processes than this are never alive in one instance. */
const CAPACITY = 2048;

/**
 * One gunicorn with what controls it, from `startMs` on: a machine, a container, a pod. Time moves to what is due next;
 * its caller says when requests arrive. `tickPhase` of the scenario is the phase at which the controller begins.
 */
export class Instance {
  readonly server: Server;
  readonly arbiter: Arbiter;
  /** Every change of the number of workers wanted, while `recordsChanges` is true. */
  readonly changes: Change[] = [];
  recordsChanges = true;
  /** Most processes alive at once. */
  peak: number;
  /** When the controller ticks next, ms. */
  tickAtMs: number;

  readonly #controller: Controller;
  readonly #results: Measurements;
  readonly #sensors: SimulatedSensors;
  readonly #startMs: number;
  #wanted: number;

  constructor(scenario: Scenario, controller: Controller, results: Measurements, startMs = 0) {
    this.#controller = controller;
    this.#results = results;
    this.#startMs = this.tickAtMs = startMs;
    this.server = new Server(scenario, results, controller.foresight, CAPACITY);
    this.server.onFinished = controller.finished?.bind(controller);
    this.server.advance(startMs);
    this.arbiter = new Arbiter(this.server, controller.actuation, controller.initialWorkers);
    this.#sensors = new SimulatedSensors(this.server, this.arbiter);
    this.#wanted = this.peak = controller.initialWorkers;
  }

  /** When workers next have something to do, ms. */
  get workMs(): number {
    const { nowMs, processor, events } = this.server;
    return Math.min(nowMs + processor.nextInMs(), events.nextMs());
  }

  /** Requests that no worker serves yet. */
  get queued(): number {
    return this.server.queue.length + this.server.meters.inside;
  }

  /** A request arrives at `nowMs`; what it takes is drawn from `draw`. */
  arrive(nowMs: number, draw: ServiceSampler): void {
    this.server.advance(nowMs);
    const { requests, scenario } = this.server;
    const request = requests.take();
    requests.arrivedMs[request] = nowMs;
    draw(requests, request);
    requests.cpuMs[request]! += scenario.requestCpuMs;
    requests.refusals[request] = 0;
    requests.queued[request] = 0;
    this.server.arrive(request);
    this.#wake();
  }

  /** Does what is due at `workMs`. */
  work(): void {
    const { server } = this;
    const eventMs = server.events.nextMs();
    const cpuMs = server.nowMs + server.processor.nextInMs();
    server.advance(Math.min(eventMs, cpuMs));
    if (cpuMs <= eventMs) this.#computed();
    else this.#event();
  }

  /** The controller ticks at `tickAtMs` and sends its order. */
  tick(): void {
    this.server.advance(this.tickAtMs);
    const sample = this.#sensors.sample();
    this.#results.sawQueue(this.queued);
    const wanted = this.#controller.tick(sample, this.server.workers);
    this.#takeOne(this.#controller.oneAtATime?.() ?? false);
    if (wanted !== this.#wanted) {
      if (this.recordsChanges) {
        this.changes.push({
          atMs: sample.nowMs,
          from: this.#wanted,
          to: wanted,
          reason: this.#controller.reason(),
        });
      }
      this.#wanted = wanted;
      this.arbiter.ask(wanted);
    }
    // Plain gunicorn counts draining workers: what one of them held back is forked when it is gone.
    this.arbiter.forkNext();
    // The first tick, at the start, has an empty window; then the controller keeps its own phase.
    const { tickMs } = this.#controller;
    const { tickPhase } = this.server.scenario;
    this.tickAtMs += this.tickAtMs === this.#startMs ? tickMs * (1 - tickPhase) : tickMs;
  }

  /** Ends everything: workers finish their requests, queued requests are lost, the controller stops. */
  stop(): void {
    const { queue, requests, results } = this.server;
    this.tickAtMs = Infinity;
    this.arbiter.obey(0);
    while (queue.length > 0) {
      const request = queue.shift();
      requests.queued[request] = 0;
      results.lost();
      requests.release(request);
    }
  }

  #takeOne(oneAtATime: boolean): void {
    const { acceptors, workers } = this.server;
    if (!acceptors.takeOne(oneAtATime)) return;
    for (let worker = 0; worker < workers.end; worker++) this.server.offer(worker);
  }

  #computed(): void {
    const { processor, workers } = this.server;
    const job = processor.finish();
    const worker = processor.finishedWorker;
    if (workers.state[worker] === BOOTING) this.arbiter.bootComputed(worker, job);
    else this.server.computed(worker, job);
  }

  #event(): void {
    const { events, workers, requests } = this.server;
    events.pop();
    const { what, id, epoch } = events;
    switch (what) {
      case WAITED:
        this.server.waited(id);
        break;
      case HEAD_ARRIVED:
        this.server.headArrived(id);
        break;
      case RETRY:
        this.server.arrive(id);
        this.#wake();
        break;
      case LATEST_START:
        if (requests.serial[id] === epoch) this.#startAtLast(id);
        break;
      case BOOTED:
        if (workers.epoch[id] === epoch) this.arbiter.booted(id);
        break;
      case KILL:
        if (workers.epoch[id] === epoch) this.server.kill(id);
        break;
      case LINGERED:
        if (workers.epoch[id] === epoch) this.server.departures.leave(id, this.server.nowMs);
        break;
      case ORDER:
        if (this.tickAtMs < Infinity) this.arbiter.obey(id);
        this.#wake();
        break;
      case FORK:
        this.arbiter.forked();
        if (workers.alive > this.peak) this.peak = workers.alive;
    }
  }

  #wake(): void {
    if (this.#controller.sleeps && this.tickAtMs < Infinity) this.arbiter.wake();
  }

  /** Foresight: the request must start now to keep the SLO, so workers come from nowhere until it does. */
  #startAtLast(request: number): void {
    const { requests, workers, processor, nowMs } = this.server;
    while (requests.queued[request] === 1 && workers.alive < this.#controller.foresight!.maxWorkers) {
      const worker = workers.spawn(nowMs);
      workers.change(worker, READY);
      processor.forget(worker);
      this.server.serveOldest(worker);
      if (workers.alive > this.peak) this.peak = workers.alive;
    }
  }
}
