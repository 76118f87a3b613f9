import type { Meters } from "../meters.ts";
import type { RequestPool } from "./request_pool.ts";
import type { WorkerTable } from "../workers/worker_table.ts";

/** Of each gthread worker the requests that wait inside it for a thread, first in, first out. */
export class InnerQueues {
  readonly #workers: WorkerTable;
  readonly #requests: RequestPool;
  readonly #meters: Meters;
  readonly #head: Int32Array;
  readonly #tail: Int32Array;

  constructor(workers: WorkerTable, requests: RequestPool, meters: Meters) {
    this.#workers = workers;
    this.#requests = requests;
    this.#meters = meters;
    this.#head = new Int32Array(workers.capacity).fill(-1);
    this.#tail = new Int32Array(workers.capacity).fill(-1);
  }

  push(worker: number, request: number): void {
    const { next } = this.#requests;
    next[request] = -1;
    if (this.#workers.inside[worker]!++ === 0) this.#head[worker] = request;
    else next[this.#tail[worker]!] = request;
    this.#tail[worker] = request;
    this.#meters.inside++;
  }

  /** The oldest; only when the worker has one. */
  shift(worker: number): number {
    const request = this.#head[worker]!;
    this.#head[worker] = this.#requests.next[request]!;
    this.#workers.inside[worker]!--;
    this.#meters.inside--;
    return request;
  }
}
