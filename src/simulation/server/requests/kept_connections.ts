import { DRAINING, READY, type WorkerTable } from "../workers/worker_table.ts";

/** How long a draining worker keeps its idle connections for a request on its way, ms; gunicorn 27's. */
const LINGER_MS = 2000;

/**
 * Idle connections that clients keep for their next request. Each belongs to the worker that accepted it, and the newest is
 * used first, as proxies and connection pools do. The worker closes one that stays idle for the keep-alive time.
 */
export class KeptConnections {
  readonly #workers: WorkerTable;
  readonly #keepAliveMs: number;
  // A ring: when it is full the one idle longest is closed.
  readonly #worker: Int32Array;
  readonly #epoch: Int32Array;
  readonly #untilMs: Float64Array;
  #oldest = 0;
  #length = 0;
  /** Of each draining worker: when it closes all that is idle. */
  readonly #closesMs: Float64Array;

  /** Clients keep at most `most` idle. */
  constructor(workers: WorkerTable, most: number, keepAliveMs: number) {
    this.#workers = workers;
    this.#keepAliveMs = keepAliveMs;
    this.#worker = new Int32Array(most);
    this.#epoch = new Int32Array(most);
    this.#untilMs = new Float64Array(most);
    this.#closesMs = new Float64Array(workers.capacity);
  }

  /** The worker at the other end of the connection that a client takes now; -1 when there is none open. */
  take(nowMs: number): number {
    while (this.#length > 0) {
      const i = this.#place(--this.#length);
      if (nowMs < this.#endsMs(i)) return this.#worker[i]!;
    }
    return -1;
  }

  /** A response ended and its connection is kept. */
  put(worker: number, nowMs: number): void {
    const most = this.#worker.length;
    if (this.#length === most) {
      this.#oldest = (this.#oldest + 1) % most;
      this.#length--;
    }
    const i = this.#place(this.#length++);
    this.#worker[i] = worker;
    this.#epoch[i] = this.#workers.epoch[worker]!;
    this.#untilMs[i] = nowMs + this.#keepAliveMs;
  }

  /** The worker drains: its idle connections end soon. */
  drain(worker: number, nowMs: number): void {
    this.#closesMs[worker] = nowMs + LINGER_MS;
  }

  /** When the last of the worker's idle connections ends if no client takes it, ms; 0 when it has none. */
  idleUntilMs(worker: number, nowMs: number): number {
    let last = 0;
    for (let k = 0; k < this.#length; k++) {
      const i = this.#place(k);
      if (this.#worker[i] === worker) last = Math.max(last, this.#endsMs(i));
    }
    return last > nowMs ? last : 0;
  }

  /** When the connection at this place ends, or has ended with its process, ms. */
  #endsMs(i: number): number {
    const worker = this.#worker[i]!;
    const { state, epoch } = this.#workers;
    if (epoch[worker] !== this.#epoch[i]) return 0;
    if (state[worker] === READY) return this.#untilMs[i]!;
    return state[worker] === DRAINING ? Math.min(this.#untilMs[i]!, this.#closesMs[worker]!) : 0;
  }

  #place(i: number): number {
    return (this.#oldest + i) % this.#worker.length;
  }
}
