import type { EventHeap } from "../event_heap.ts";
import { HEAD_ARRIVED } from "../event_kinds.ts";
import type { Meters } from "../meters.ts";
import type { WorkerTable } from "../workers/worker_table.ts";
import type { RequestPool } from "./request_pool.ts";

/**
 * Heads of requests that clients are still sending: each keeps a slot of its worker, and is no request in service yet.
 * Clients send on while their request waits for a worker.
 */
export class Heads {
  readonly #workers: WorkerTable;
  readonly #requests: RequestPool;
  readonly #meters: Meters;
  readonly #events: EventHeap;

  constructor(workers: WorkerTable, requests: RequestPool, meters: Meters, events: EventHeap) {
    this.#workers = workers;
    this.#requests = requests;
    this.#meters = meters;
    this.#events = events;
  }

  /** Whether the worker has to wait for the head; then it does from now on. */
  awaits(worker: number, request: number, nowMs: number): boolean {
    const { headMs, arrivedMs } = this.#requests;
    const sentMs = arrivedMs[request]! + headMs[request]!;
    if (headMs[request] === 0 || sentMs <= nowMs) return false;
    headMs[request] = sentMs - nowMs;
    this.#workers.inFlight[worker]!++;
    this.#meters.heads++;
    this.#events.push(sentMs, HEAD_ARRIVED, request);
    return true;
  }

  /** The whole head has arrived. Returns the worker that has it. */
  arrived(request: number): number {
    const worker = this.#requests.worker[request]!;
    this.#workers.servedMs[worker]! += this.#requests.headMs[request]!;
    this.#requests.headMs[request] = 0;
    this.#workers.inFlight[worker]!--;
    this.#meters.heads--;
    return worker;
  }
}
