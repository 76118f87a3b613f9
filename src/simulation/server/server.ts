import { bucketOf } from "../../core/histogram.ts";
import { isAsync } from "../../core/kinds.ts";
import { AcceptQueue } from "./requests/accept_queue.ts";
import { Acceptors, acceptsAll } from "./requests/acceptors.ts";
import type { Foresight } from "../controllers/controller.ts";
import { Dependency } from "./requests/dependency.ts";
import { Departures } from "./workers/departures.ts";
import { EventHeap } from "./event_heap.ts";
import { LATEST_START, RETRY } from "./event_kinds.ts";
import { Heads } from "./requests/heads.ts";
import { InnerQueues } from "./requests/inner_queues.ts";
import { latestStartMs } from "./requests/latest_start.ts";
import { KeptConnections } from "./requests/kept_connections.ts";
import type { Measurements } from "../report/measurements.ts";
import { LoopTicks } from "./workers/loop_ticks.ts";
import { Meters } from "./meters.ts";
import { Processor } from "./workers/processor.ts";
import { RequestPool } from "./requests/request_pool.ts";
import type { Scenario } from "./scenario.ts";
import { DEAD, DRAINING, FREE, READY, WorkerTable } from "./workers/worker_table.ts";

/** The simulated gunicorn: its accept queue and its requests. Time moves by `advance` only. */
export class Server {
  nowMs = 0;
  readonly meters: Meters;
  readonly events = new EventHeap();
  readonly requests = new RequestPool();
  readonly queue = new AcceptQueue();
  readonly workers: WorkerTable;
  readonly processor: Processor;
  readonly departures: Departures;
  #shares = false;
  /** Called for each request answered. */
  onFinished: ((atMs: number, serviceMs: number) => void) | undefined;
  /** Of event loops. */
  readonly ticks: LoopTicks;

  readonly #threads: boolean;
  readonly #loop: boolean;
  #acceptsAll: boolean; // all that waits, in one turn of the loop
  readonly #turnLeft: Int32Array; // jobs left in a loop's present turn: it looks at the listener only between turns
  readonly acceptors: Acceptors;
  readonly #inner: InnerQueues;
  readonly #heads: Heads;
  readonly #kept: KeptConnections | undefined;
  readonly #dependency: Dependency;

  constructor(
    readonly scenario: Scenario,
    readonly results: Measurements,
    readonly foresight: Foresight | undefined,
    capacity: number,
  ) {
    const { model: { kind }, keptConnections, keepAliveMs } = scenario;
    this.#threads = kind === "gthread";
    this.#loop = isAsync(kind);
    this.#acceptsAll = acceptsAll(kind);
    this.meters = new Meters(capacity);
    this.workers = new WorkerTable(scenario.model, capacity);
    const discipline = this.#threads ? "shared" : "fifo";
    this.processor = new Processor(scenario.cores, discipline, this.requests, capacity);
    this.#turnLeft = new Int32Array(capacity);
    this.ticks = new LoopTicks(this.workers, scenario.seed);
    this.#dependency = new Dependency(scenario.dependencyConnections, this.events);
    this.#inner = new InnerQueues(this.workers, this.requests, this.meters);
    this.#heads = new Heads(this.workers, this.requests, this.meters, this.events);
    // A sync worker ends each connection; foresight places each request anew.
    const keeps = keptConnections > 0 && kind !== "sync" && !foresight;
    this.#kept = keeps ? new KeptConnections(this.workers, keptConnections, keepAliveMs) : undefined;
    this.departures = new Departures(this.workers, this.events, this.#kept, scenario.gracefulTimeoutMs);
    this.acceptors = new Acceptors(scenario, this.workers, this.processor, foresight !== undefined);
  }

  /** As workers with our probe: see Actuation.shares. */
  share(): void {
    this.#shares = true;
    if (!this.scenario.uvloop) this.#acceptsAll = false;
    this.acceptors.share();
  }

  /** Advances to `nowMs`. */
  advance(nowMs: number): void {
    const ms = nowMs - this.nowMs;
    if (ms <= 0) return;
    this.nowMs = nowMs;
    this.processor.advance(ms);
    this.meters.advance(ms, this.workers.alive);
  }

  /** A request arrives (again, after a refusal): on a connection that its client kept, or on a new one. */
  arrive(request: number): void {
    const { requests, queue } = this;
    const kept = requests.refusals[request] === 0 ? this.#kept?.take(this.nowMs) ?? -1 : -1;
    const worker = kept >= 0 ? kept : this.acceptors.pick(this.nowMs);
    if (worker >= 0) {
      this.#take(worker, request);
      return;
    }
    if (queue.length > this.scenario.backlog) return this.#refuse(request);
    requests.queued[request] = 1;
    queue.push(request);
    if (!this.foresight) return;
    const latestMs = latestStartMs(this.foresight, this.scenario, requests, request, this.processor.rate);
    if (latestMs === Infinity) return;
    this.events.push(Math.max(this.nowMs, latestMs), LATEST_START, request, requests.serial[request]!);
  }

  /** The request's waiting part is over. */
  waited(request: number): void {
    this.#dependency.end(this.nowMs);
    const worker = this.requests.worker[request]!;
    const blocked = this.#blocks(request);
    if (blocked) this.processor.release(worker);
    this.#complete(request);
    if (blocked) return this.#turn(worker);
    if (this.#loop && this.processor.isBusy(worker)) return; // it looks at the listener when its turn is over
    if (this.workers.state[worker] === READY) this.offer(worker);
  }

  /** A request's CPU part is over. */
  computed(worker: number, request: number): void {
    const waitMs = this.requests.waitMs[request]!;
    if (waitMs > 0) this.#dependency.begin(request, waitMs, this.nowMs);
    else this.#complete(request);
    if (waitMs > 0 && this.#blocks(request)) return this.processor.hold(worker);
    if (this.#loop) this.#turn(worker);
    else if (this.workers.state[worker] === READY) this.offer(worker);
  }

  /** The graceful timeout of a draining worker is over: what it still holds is lost. */
  kill(worker: number): void {
    const { workers, requests } = this;
    if (workers.state[worker] !== DRAINING) return;
    if (workers.inFlight[worker]! + workers.inside[worker]! === 0) return workers.change(worker, FREE);
    workers.change(worker, DEAD);
    for (let r = this.processor.abandon(worker), next = 0; r >= 0; r = next) {
      next = requests.next[r]!;
      if (requests.startedMs[r]! < 0) this.#beginAccepted(worker, r);
      this.#complete(r);
    }
    while (this.#threads && workers.inside[worker]! > 0) {
      const request = this.#inner.shift(worker);
      this.#begin(worker, request);
      this.#complete(request);
    }
  }

  /** Lets a worker that may have become free take from the accept queue, and notes whether it takes more. */
  offer(worker: number): void {
    const { workers, queue, processor } = this;
    while (queue.length > 0 && workers.state[worker] === READY && this.acceptors.takes(worker)) {
      const computes = processor.isBusy(worker);
      const request = queue.shift();
      this.requests.queued[request] = 0;
      this.#take(worker, request);
      if (this.#loop && !this.#acceptsAll && (computes || processor.isBusy(worker))) break;
    }
    if (this.#loop) this.#turnLeft[worker] = processor.jobs[worker]!;
    this.acceptors.note(worker);
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

  #take(worker: number, request: number): void {
    const { workers, requests } = this;
    requests.worker[request] = worker;
    requests.startedMs[request] = -1;
    const full = this.#threads && workers.inFlight[worker]! >= workers.model.slots;
    if (full) this.#inner.push(worker, request);
    else this.#serve(worker, request);
    this.acceptors.note(worker);
  }

  /** The head of the request is there. */
  headArrived(request: number): void {
    const worker = this.#heads.arrived(request);
    this.#serve(worker, request);
  }

  #serve(worker: number, request: number): void {
    if (this.#heads.awaits(worker, request, this.nowMs)) return;
    const { cpuMs: cpu, closes } = this.requests;
    const cpuMs = cpu[request]!;
    closes[request] = this.acceptors.endsConnections(worker) ? 1 : 0;
    if (cpuMs > 0 || this.#blocks(request)) {
      const wasBusy = this.processor.isBusy(worker);
      if (this.#loop && !wasBusy) this.ticks.turnBegins(worker, this.nowMs);
      this.processor.start(worker, request, cpuMs, false);
      if (this.#loop && wasBusy) {
        this.workers.inside[worker]!++; // accepted, but the loop has not come to it
        return;
      }
      if (this.#loop) this.#turnLeft[worker] = 1;
    } else this.#dependency.begin(request, this.requests.waitMs[request]!, this.nowMs);
    this.#begin(worker, request);
  }

  #begin(worker: number, request: number): void {
    const { meters, workers } = this;
    const isStream = this.#streams(request);
    this.requests.startedMs[request] = this.nowMs;
    workers.serve(worker, isStream, 1);
    meters.begin(worker, isStream);
    if (!this.#loop) meters.wait[bucketOf(this.nowMs - this.requests.arrivedMs[request]!)]!++;
  }

  /** The loop comes to a request it accepted earlier. */
  #beginAccepted(worker: number, request: number): void {
    this.workers.inside[worker]!--;
    this.#begin(worker, request);
  }

  /** The loop ended a job: at the end of a turn it looks at the listener, then it begins the next job. */
  #turn(worker: number): void {
    if (--this.#turnLeft[worker]! <= 0) {
      this.ticks.turnEnds(worker, this.nowMs);
      this.offer(worker);
    }
    const next = this.processor.firstOf(worker);
    if (next >= 0 && this.requests.startedMs[next]! < 0) this.#beginAccepted(worker, next);
    this.acceptors.note(worker);
  }

  /** The request holds its event loop while it waits: a synchronous call in a coroutine. */
  #blocks(request: number): boolean {
    return this.#loop && this.requests.blocks[request] === 1;
  }

  #streams(request: number): boolean {
    return this.#loop && this.requests.streams[request] === 1;
  }

  #complete(request: number): void {
    const { meters, workers, requests } = this;
    const worker = requests.worker[request]!;
    const isStream = this.#streams(request);
    workers.serve(worker, isStream, -1);
    meters.end(worker, isStream);
    const dead = workers.state[worker] === DEAD;
    if (dead) this.results.lost();
    else {
      const serviceMs = this.nowMs - requests.startedMs[request]!;
      if (!isStream) meters.answered(serviceMs);
      workers.servedMs[worker]! += serviceMs;
      this.onFinished?.(this.nowMs, serviceMs);
      const latencyMs = this.nowMs - requests.arrivedMs[request]!;
      this.results.finished(latencyMs);
      if (this.#kept && this.#keeps(worker, request, latencyMs)) this.#kept.put(worker, this.nowMs);
    }
    requests.release(request);
    if (this.#threads && !dead && workers.inside[worker]! > 0) this.#serve(worker, this.#inner.shift(worker));
    if (workers.inFlight[worker]! + workers.inside[worker]! > 0) return;
    if (dead) workers.change(worker, FREE);
    else if (workers.state[worker] === DRAINING) this.departures.leave(worker, this.nowMs);
    else if (this.foresight && workers.alive > this.foresight.minWorkers) workers.change(worker, FREE);
  }

  /** Whether both ends leave the connection open after the response. */
  #keeps(worker: number, request: number, latencyMs: number): boolean {
    if (this.#shares && this.#loop && this.ticks.isFull(worker)) return false;
    return this.workers.state[worker] === READY && this.requests.closes[request] === 0 &&
      latencyMs < this.scenario.clientTimeoutMs;
  }
}
