import type { WorkerModel } from "../../../core/sample.ts";
import { WorkerSet } from "./worker_set.ts";

/** The states of a worker process. A dead one keeps its number until all that refers to it is over. */
export const FREE = 0, BOOTING = 1, READY = 2, DRAINING = 3, DEAD = 4;

/** Which worker gunicorn stops first: the oldest idle one (our probe), or the oldest (plain gunicorn). */
export type StopOrder = "idle" | "oldest";

/** The worker processes: their states, ages and what they hold; who can take a connection. */
export class WorkerTable {
  readonly state: Uint8Array;
  /** Requests in service, and requests waiting inside the worker (gthread: for a thread; async: for the loop). */
  readonly inFlight: Int32Array;
  readonly inside: Int32Array;
  /** Of those in service the open event streams. */
  readonly streams: Int32Array;
  readonly spawnedMs: Float64Array;
  /** The order in which they were spawned: the oldest has the least. */
  readonly age: Int32Array;
  readonly epoch: Int32Array;
  /** Running time of finished requests, ms: what uWSGI calls running_time. */
  readonly servedMs: Float64Array;
  /** Workers that take a connection at once, and (gthread) those that take it though their core is taken. */
  readonly eager: WorkerSet;
  readonly reluctant: WorkerSet;
  ready = 0;
  booting = 0;
  draining = 0;
  /** Highest number in use + 1. */
  end = 0;
  #spawned = 0;

  constructor(readonly model: WorkerModel, readonly capacity: number) {
    this.state = new Uint8Array(capacity);
    this.inFlight = new Int32Array(capacity);
    this.inside = new Int32Array(capacity);
    this.streams = new Int32Array(capacity);
    this.spawnedMs = new Float64Array(capacity);
    this.age = new Int32Array(capacity);
    this.epoch = new Int32Array(capacity);
    this.servedMs = new Float64Array(capacity);
    this.eager = new WorkerSet(capacity);
    this.reluctant = new WorkerSet(capacity);
  }

  /** Processes that exist. */
  get alive(): number {
    return this.ready + this.booting + this.draining;
  }

  /** A new process, booting; -1 when there is no room for more. */
  spawn(nowMs: number): number {
    let worker = 0;
    while (worker < this.capacity && this.state[worker] !== FREE) worker++;
    if (worker === this.capacity) return -1;
    if (worker >= this.end) this.end = worker + 1;
    this.state[worker] = BOOTING;
    this.inFlight[worker] = 0;
    this.inside[worker] = 0;
    this.streams[worker] = 0;
    this.servedMs[worker] = 0;
    this.spawnedMs[worker] = nowMs;
    this.age[worker] = this.#spawned++;
    this.epoch[worker]!++;
    this.booting++;
    return worker;
  }

  /** One request more in service (`by` 1), or one less (-1). */
  serve(worker: number, isStream: boolean, by: number): void {
    this.inFlight[worker]! += by;
    if (isStream) this.streams[worker]! += by;
  }

  /** Moves a worker to another state. */
  change(worker: number, to: number): void {
    this.#count(this.state[worker]!, -1);
    this.state[worker] = to;
    this.#count(to, 1);
    if (to !== READY) {
      this.eager.put(worker, false);
      this.reluctant.put(worker, false);
    }
    while (this.end > 0 && this.state[this.end - 1] === FREE) this.end--;
  }

  #count(state: number, by: number): void {
    if (state === READY) this.ready += by;
    else if (state === BOOTING) this.booting += by;
    else if (state === DRAINING) this.draining += by;
  }

  /** The worker to stop, -1 when none is left: ready ones first, booting ones when nothing else is there. */
  nextToStop(order: StopOrder): number {
    let best = -1, bestRank = Infinity;
    for (let worker = 0; worker < this.end; worker++) {
      const state = this.state[worker];
      if (state !== READY && state !== BOOTING) continue;
      const busy = state === BOOTING || this.inFlight[worker]! + this.inside[worker]! > 0;
      const streams = order === "idle" ? 1e10 * this.streams[worker]! : 0;
      const rank = streams + (order === "idle" && busy ? (state === BOOTING ? 2e9 : 1e9) : 0) +
        this.age[worker]!;
      if (rank < bestRank) {
        bestRank = rank;
        best = worker;
      }
    }
    return best;
  }

  /** Age of the oldest booting worker, ms; 0 when none boots. */
  oldestBootMs(nowMs: number): number {
    let oldest = 0;
    if (this.booting === 0) return 0;
    for (let worker = 0; worker < this.end; worker++) {
      if (this.state[worker] === BOOTING) oldest = Math.max(oldest, nowMs - this.spawnedMs[worker]!);
    }
    return oldest;
  }
}
