import { bucketOf } from "../core/histogram.ts";
import { AcceptQueue } from "./accept_queue.ts";
import type { Foresight } from "./controller.ts";
import { EventHeap } from "./event_heap.ts";
import type { Measurements } from "./measurements.ts";
import { Meters } from "./meters.ts";
import { Processor } from "./processor.ts";
import { Random } from "./random.ts";
import { RequestPool } from "./request_pool.ts";
import type { Scenario } from "./scenario.ts";
import { DEAD, DRAINING, FREE, READY, WorkerTable } from "./worker_table.ts";

/** Kinds of timed events. */
export const WAITED = 1,
  RETRY = 2,
  BOOTED = 3,
  KILL = 4,
  LATEST_START = 5,
  ORDER = 6,
  FORK = 7,
  BIN = 8,
  END = 9;

/** The simulated gunicorn: its accept queue and what becomes of each request. Time moves by `advance` only. */
export class Server {
  nowMs = 0;
  readonly meters = new Meters();
  readonly events = new EventHeap();
  readonly requests = new RequestPool();
  readonly queue = new AcceptQueue();
  readonly workers: WorkerTable;
  readonly processor: Processor;
  /** Event loops: when the present turn of each began. */
  readonly turnSinceMs: Float64Array;

  readonly #threads: boolean;
  readonly #loop: boolean;
  readonly #acceptsAll: boolean; // asyncio takes all that waits in one turn of the loop, gevent one
  readonly #turnLeft: Int32Array; // jobs left in a loop's present turn: it looks at the listener only between turns
  readonly #insideHead: Int32Array;
  readonly #insideTail: Int32Array;
  readonly #choice: Random;

  constructor(
    readonly scenario: Scenario,
    readonly results: Measurements,
    readonly foresight: Foresight | undefined,
    capacity: number,
  ) {
    const { kind } = scenario.model;
    this.#threads = kind === "gthread";
    this.#loop = kind !== "sync" && kind !== "gthread";
    this.#acceptsAll = kind === "uvicorn" || kind === "asgi" || kind === "tornado";
    this.workers = new WorkerTable(scenario.model, capacity);
    this.processor = new Processor(
      scenario.cores,
      this.#threads ? "shared" : "fifo",
      this.requests,
      capacity,
    );
    this.#turnLeft = new Int32Array(capacity);
    this.turnSinceMs = new Float64Array(capacity);
    this.#insideHead = new Int32Array(capacity).fill(-1);
    this.#insideTail = new Int32Array(capacity).fill(-1);
    this.#choice = new Random(scenario.seed, 3);
  }

  /** Lets time pass until `nowMs`. */
  advance(nowMs: number): void {
    const ms = nowMs - this.nowMs;
    if (ms <= 0) return;
    this.nowMs = nowMs;
    this.processor.advance(ms);
    const meters = this.meters;
    meters.inFlightMs += meters.inFlight * ms;
    meters.busyMs += meters.busyWorkers * ms;
    meters.aliveMs += this.workers.alive * ms;
  }

  /** A request arrives (again, after a refusal). */
  arrive(request: number): void {
    const { requests, queue } = this;
    const worker = this.#taker();
    if (worker >= 0) {
      this.#take(worker, request);
      return;
    }
    if (queue.length > this.scenario.backlog) return this.#refuse(request);
    requests.queued[request] = 1;
    queue.push(request);
    if (this.foresight) {
      const { stretch, marginMs } = this.foresight;
      const serviceMs = requests.cpuMs[request]! * stretch / this.processor.rate + requests.waitMs[request]!;
      const latestMs = requests.arrivedMs[request]! + this.scenario.sloMs - serviceMs - marginMs;
      // A request that cannot keep the SLO whatever is done is worth no worker of its own.
      if (serviceMs < this.scenario.sloMs) {
        this.events.push(Math.max(this.nowMs, latestMs), LATEST_START, request, requests.serial[request]!);
      }
    }
  }

  /** The request's waiting part is over. */
  waited(request: number): void {
    const worker = this.requests.worker[request]!;
    this.#complete(request);
    if (this.workers.state[worker] === READY) this.offer(worker);
  }

  /** A request's CPU part is over. */
  computed(worker: number, request: number): void {
    const waitMs = this.requests.waitMs[request]!;
    if (waitMs > 0) this.events.push(this.nowMs + waitMs, WAITED, request);
    else this.#complete(request);
    if (this.#loop) this.#turn(worker);
    else if (this.workers.state[worker] === READY) this.offer(worker);
  }

  /** The graceful timeout of a draining worker is over: what it still holds is lost. */
  kill(worker: number): void {
    const { workers, requests } = this;
    if (workers.state[worker] !== DRAINING) return;
    workers.change(worker, DEAD);
    for (let r = this.processor.abandon(worker), next = 0; r >= 0; r = next) {
      next = requests.next[r]!;
      if (requests.startedMs[r]! < 0) this.#comeToTurn(worker, r);
      this.#complete(r);
    }
    while (this.#threads && workers.inside[worker]! > 0) {
      const request = this.#leaveInside(worker);
      this.#begin(worker, request);
      this.#complete(request);
    }
  }

  /** Lets a worker that may have become free take from the accept queue, and notes whether it takes more. */
  offer(worker: number): void {
    const { workers, queue, processor } = this;
    const connections = this.#threads ? this.scenario.workerConnections : workers.model.slots;
    while (queue.length > 0 && workers.state[worker] === READY) {
      const held = workers.inFlight[worker]! + workers.inside[worker]!;
      if (this.foresight ? !this.#free(worker) : held >= connections) break;
      const computes = processor.jobs[worker]! > 0;
      const request = queue.shift();
      this.requests.queued[request] = 0;
      this.#take(worker, request);
      if (this.#loop && !this.#acceptsAll && (computes || processor.jobs[worker]! > 0)) break;
    }
    if (this.#loop) this.#turnLeft[worker] = processor.jobs[worker]!;
    this.#note(worker);
  }

  /** Serves the longest waiting request on this worker; only for foresight. */
  serveOldest(worker: number): void {
    const request = this.queue.shift();
    this.requests.queued[request] = 0;
    this.#take(worker, request);
  }

  #refuse(request: number): void {
    const { requests } = this;
    const retryMs = this.nowMs + 1000 * 2 ** requests.refusals[request]!++;
    if (retryMs - requests.arrivedMs[request]! < this.scenario.clientTimeoutMs) {
      this.events.push(retryMs, RETRY, request);
      return;
    }
    this.results.lost();
    requests.release(request);
  }

  /** Whether the worker serves at once what it takes. */
  #free(worker: number): boolean {
    const { workers } = this;
    const held = workers.inFlight[worker]! + workers.inside[worker]!;
    return held < workers.model.slots &&
      (this.processor.jobs[worker] === 0 || !(this.#loop || this.#threads));
  }

  #note(worker: number): void {
    const { workers } = this;
    const ready = workers.state[worker] === READY;
    workers.eager.put(worker, ready && this.#free(worker));
    if (this.#threads) {
      const held = workers.inFlight[worker]! + workers.inside[worker]!;
      workers.reluctant.put(worker, ready && held < this.scenario.workerConnections);
    }
  }

  /** A worker that takes a new connection now, -1 when none does. */
  #taker(): number {
    const { eager, reluctant } = this.workers;
    if (eager.size > 0) return eager.at(eager.size === 1 ? 0 : this.#choice.below(eager.size));
    if (reluctant.size > 0 && !this.foresight) return reluctant.at(this.#choice.below(reluctant.size));
    return -1;
  }

  #take(worker: number, request: number): void {
    const { workers, requests } = this;
    requests.worker[request] = worker;
    requests.startedMs[request] = -1;
    if (this.#threads && workers.inFlight[worker]! >= workers.model.slots) {
      requests.next[request] = -1;
      if (workers.inside[worker]!++ === 0) this.#insideHead[worker] = request;
      else requests.next[this.#insideTail[worker]!] = request;
      this.#insideTail[worker] = request;
      this.meters.inside++;
    } else this.#serve(worker, request);
    this.#note(worker);
  }

  #leaveInside(worker: number): number {
    const request = this.#insideHead[worker]!;
    this.#insideHead[worker] = this.requests.next[request]!;
    this.workers.inside[worker]!--;
    this.meters.inside--;
    return request;
  }

  #serve(worker: number, request: number): void {
    const cpuMs = this.requests.cpuMs[request]!;
    if (cpuMs > 0) {
      const before = this.processor.jobs[worker]!;
      this.processor.start(worker, request, cpuMs, false);
      if (this.#loop && before > 0) {
        this.workers.inside[worker]!++; // accepted, but the loop has not come to it
        return;
      }
      if (this.#loop) {
        this.#turnLeft[worker] = 1;
        this.turnSinceMs[worker] = this.nowMs;
      }
    } else this.events.push(this.nowMs + this.requests.waitMs[request]!, WAITED, request);
    this.#begin(worker, request);
  }

  #begin(worker: number, request: number): void {
    const { meters, workers } = this;
    this.requests.startedMs[request] = this.nowMs;
    if (workers.inFlight[worker]!++ === 0) meters.busyWorkers++;
    meters.inFlight++;
    meters.started++;
    if (!this.#loop) meters.wait[bucketOf(this.nowMs - this.requests.arrivedMs[request]!)]!++;
  }

  /** The loop comes to a request it accepted earlier. */
  #comeToTurn(worker: number, request: number): void {
    this.workers.inside[worker]!--;
    this.#begin(worker, request);
  }

  /** The loop ended a job: at the end of a turn it looks at the listener, then it begins the next job. */
  #turn(worker: number): void {
    if (--this.#turnLeft[worker]! <= 0) {
      this.offer(worker);
      this.turnSinceMs[worker] = this.nowMs;
    }
    const next = this.processor.firstOf(worker);
    if (next >= 0 && this.requests.startedMs[next]! < 0) this.#comeToTurn(worker, next);
    this.#note(worker);
  }

  #complete(request: number): void {
    const { meters, workers, requests } = this;
    const worker = requests.worker[request]!;
    meters.inFlight--;
    if (--workers.inFlight[worker]! === 0) meters.busyWorkers--;
    const dead = workers.state[worker] === DEAD;
    if (dead) this.results.lost();
    else {
      const serviceMs = this.nowMs - requests.startedMs[request]!;
      meters.finished++;
      meters.service[bucketOf(serviceMs)]!++;
      meters.serviceMs += serviceMs;
      workers.servedMs[worker]! += serviceMs;
      this.results.finished(this.nowMs - requests.arrivedMs[request]!);
    }
    requests.release(request);
    if (this.#threads && !dead && workers.inside[worker]! > 0) this.#serve(worker, this.#leaveInside(worker));
    if (workers.inFlight[worker]! + workers.inside[worker]! > 0) return;
    if (workers.state[worker]! >= DRAINING) workers.change(worker, FREE);
    else if (this.foresight && workers.alive > this.foresight.minWorkers) workers.change(worker, FREE);
  }
}
