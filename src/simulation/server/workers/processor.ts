import type { RequestPool } from "../requests/request_pool.ts";
import { WorkerHeap } from "./worker_heap.ts";

/** How the requests of one worker share its one core: in turn (an event loop) or equally (threads under the GIL). */
export type Discipline = "fifo" | "shared";

/**
 * The cores, shared equally by the workers that have something to compute (processor sharing), at most one core a
 * worker. With A such workers on C cores each runs at min(1, C / A). `work` is the core time that every one of them
 * has been given since the start; a job that needs c more ends when `work` has grown by c, however the rate changes
 * until then. So the order of the ends never changes with the rate, and one heap on `work` holds them all.
 */
export class Processor {
  /** Core-milliseconds a worker has been given that computed all the time. */
  work = 0;
  /** Cores each computing worker has now, 0..1. */
  rate = 1;
  /** Serving workers that compute, and booting ones that do. */
  serving = 0;
  booting = 0;
  /** Integrals: core-ms used by serving and by booting workers, and ms that serving ones were runnable but not run. */
  servingMs = 0;
  bootingMs = 0;
  waitingMs = 0;
  /** Jobs on each worker. */
  readonly jobs: Int32Array;
  /** Of the job that `finish` ended. */
  finishedWorker = -1;

  #cores: number;
  #requests: RequestPool;
  #shared: boolean;
  #heap: WorkerHeap;
  #head: Int32Array;
  #tail: Int32Array;
  #boots: Uint8Array;
  #held: Uint8Array;
  #since: Float64Array; // `work` when the worker began to compute
  #used: Float64Array; // core-ms of the worker before that
  #attained: Float64Array; // shared: service each job of the worker has had since it began to compute
  #attainedAt: Float64Array; // and the `work` at which that was true
  #firstDue: Float64Array; // shared: the smallest due of its jobs

  constructor(cores: number, discipline: Discipline, requests: RequestPool, capacity: number) {
    this.#cores = cores;
    this.#requests = requests;
    this.#shared = discipline === "shared";
    this.#heap = new WorkerHeap(capacity);
    this.jobs = new Int32Array(capacity);
    this.#head = new Int32Array(capacity).fill(-1);
    this.#tail = new Int32Array(capacity).fill(-1);
    this.#boots = new Uint8Array(capacity);
    this.#held = new Uint8Array(capacity);
    this.#since = new Float64Array(capacity);
    this.#used = new Float64Array(capacity);
    this.#attained = new Float64Array(capacity);
    this.#attainedAt = new Float64Array(capacity);
    this.#firstDue = new Float64Array(capacity);
  }

  /** Advances by `ms`. */
  advance(ms: number): void {
    const given = ms * this.rate;
    this.work += given;
    this.servingMs += given * this.serving;
    this.bootingMs += given * this.booting;
    this.waitingMs += (ms - given) * this.serving;
  }

  /** Time until the next job ends, ms; Infinity when none runs. */
  nextInMs(): number {
    const left = (this.#heap.topKey() - this.work) / this.rate;
    return left > 0 ? left : 0;
  }

  /** Core-milliseconds the worker has used. */
  usedMs(worker: number): number {
    return this.#used[worker]! +
      (this.jobs[worker]! > 0 && !this.#held[worker] ? this.work - this.#since[worker]! : 0);
  }

  /** True when the worker computes, or holds its jobs back. */
  isBusy(worker: number): boolean {
    return this.jobs[worker]! > 0 || this.#held[worker] === 1;
  }

  /** fifo: the worker waits for something else and runs none of its jobs until it is released. */
  hold(worker: number): void {
    this.#held[worker] = 1;
    if (this.jobs[worker]! > 0) this.#stop(worker);
  }

  /** The worker continues its jobs. */
  release(worker: number): void {
    this.#held[worker] = 0;
    if (this.jobs[worker] === 0) return;
    this.#since[worker] = this.work;
    this.serving++;
    this.#setRate();
    this.#heap.set(worker, this.work + this.#requests.due[this.#head[worker]!]!);
  }

  /** Puts a job of `cpuMs` on the worker. `boots` tells boot work from serving. */
  start(worker: number, request: number, cpuMs: number, boots: boolean): void {
    const { next, due } = this.#requests;
    const before = this.jobs[worker]!++;
    next[request] = -1;
    if (before === 0 && this.#held[worker]) {
      this.#head[worker] = this.#tail[worker] = request;
      due[request] = cpuMs;
      return;
    }
    if (before === 0) {
      this.#since[worker] = this.work;
      this.#boots[worker] = boots ? 1 : 0;
      if (boots) this.booting++;
      else this.serving++;
      this.#setRate();
      this.#head[worker] = this.#tail[worker] = request;
      this.#attained[worker] = 0;
      this.#attainedAt[worker] = this.work;
      due[request] = cpuMs;
      this.#firstDue[worker] = cpuMs;
      this.#heap.set(worker, this.work + cpuMs);
      return;
    }
    next[this.#tail[worker]!] = request;
    this.#tail[worker] = request;
    if (!this.#shared) {
      due[request] = cpuMs;
      return;
    }
    this.#attained[worker]! += (this.work - this.#attainedAt[worker]!) / before;
    this.#attainedAt[worker] = this.work;
    due[request] = this.#attained[worker]! + cpuMs;
    if (due[request]! < this.#firstDue[worker]!) this.#firstDue[worker] = due[request]!;
    this.#heap.set(worker, this.work + (this.#firstDue[worker]! - this.#attained[worker]!) * (before + 1));
  }

  /** Ends the job that is due first and returns its request; `finishedWorker` is whose it was. */
  finish(): number {
    const worker = this.#heap.top();
    this.finishedWorker = worker;
    const request = this.#shared && this.jobs[worker]! > 1
      ? this.#takeFirstDue(worker)
      : this.#takeHead(worker);
    if (this.jobs[worker] === 0) {
      this.#rest(worker);
    } else if (this.#shared) {
      this.#heap.set(
        worker,
        this.work + (this.#firstDue[worker]! - this.#attained[worker]!) * this.jobs[worker]!,
      );
    } else {
      this.#heap.set(worker, this.work + this.#requests.due[this.#head[worker]!]!);
    }
    return request;
  }

  /** The request at the head of the worker's run list, -1 when it computes nothing. */
  firstOf(worker: number): number {
    return this.jobs[worker]! > 0 ? this.#head[worker]! : -1;
  }

  /** Takes all jobs off a worker that died; returns the first, the others follow by `next`. -1 when there was none. */
  abandon(worker: number): number {
    const head = this.#head[worker]!;
    if (this.jobs[worker]! === 0) return -1;
    this.jobs[worker] = 0;
    if (this.#held[worker]) this.#head[worker] = this.#tail[worker] = -1;
    else this.#rest(worker);
    return head;
  }

  /** A new process under an old number. */
  forget(worker: number): void {
    this.#used[worker] = 0;
    this.#held[worker] = 0;
  }

  #rest(worker: number): void {
    this.#head[worker] = this.#tail[worker] = -1;
    this.#stop(worker);
  }

  /** The worker computes no more. */
  #stop(worker: number): void {
    this.#used[worker]! += this.work - this.#since[worker]!;
    if (this.#boots[worker]) this.booting--;
    else this.serving--;
    this.#setRate();
    this.#heap.remove(worker);
  }

  #takeHead(worker: number): number {
    const request = this.#head[worker]!;
    this.#head[worker] = this.#requests.next[request]!;
    this.jobs[worker]!--;
    return request;
  }

  #takeFirstDue(worker: number): number {
    const { next, due } = this.#requests;
    this.#attained[worker]! += (this.work - this.#attainedAt[worker]!) / this.jobs[worker]!;
    this.#attainedAt[worker] = this.work;
    let first = -1, beforeFirst = -1, previous = -1;
    let least = Infinity, second = Infinity;
    for (let r = this.#head[worker]!; r >= 0; previous = r, r = next[r]!) {
      if (due[r]! < least) {
        second = least;
        least = due[r]!;
        first = r;
        beforeFirst = previous;
      } else if (due[r]! < second) second = due[r]!;
    }
    if (beforeFirst < 0) this.#head[worker] = next[first]!;
    else next[beforeFirst] = next[first]!;
    if (this.#tail[worker] === first) this.#tail[worker] = beforeFirst;
    this.#firstDue[worker] = second;
    this.jobs[worker]!--;
    return first;
  }

  #setRate(): void {
    const computing = this.serving + this.booting;
    this.rate = computing > this.#cores ? this.#cores / computing : 1;
  }
}
