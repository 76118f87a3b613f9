import { DRAINING, READY, type WorkerTable } from "./worker_table.ts";

/** How long a worker that was told to go keeps its idle connections for a request on its way, ms; gunicorn 27's. */
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
  /** Of each worker: when its last idle connection ends, and of which process under its number that is told. */
  readonly #idleUntilMs: Float64Array;
  readonly #idleEpoch: Int32Array;

  /** Clients keep at most `most` idle. */
  constructor(workers: WorkerTable, most: number, keepAliveMs: number) {
    this.#workers = workers;
    this.#keepAliveMs = keepAliveMs;
    this.#worker = new Int32Array(most);
    this.#epoch = new Int32Array(most);
    this.#untilMs = new Float64Array(most);
    this.#idleUntilMs = new Float64Array(workers.capacity);
    this.#idleEpoch = new Int32Array(workers.capacity);
  }

  /** The worker at the other end of the connection that a client takes now; -1 when there is none open. */
  take(nowMs: number): number {
    const { state, epoch } = this.#workers;
    while (this.#length > 0) {
      const i = this.#place(--this.#length);
      const worker = this.#worker[i]!;
      if (epoch[worker] !== this.#epoch[i]) continue;
      const untilMs = Math.min(this.#untilMs[i]!, this.#idleUntilMs[worker]!);
      if (nowMs < untilMs && (state[worker] === READY || state[worker] === DRAINING)) return worker;
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
    this.#epoch[i] = this.#idleEpoch[worker] = this.#workers.epoch[worker]!;
    this.#untilMs[i] = this.#idleUntilMs[worker] = nowMs + this.#keepAliveMs;
  }

  /** The worker is told to go: its idle connections end soon. */
  drain(worker: number, nowMs: number): void {
    this.#idleUntilMs[worker] = Math.min(this.#idleUntilMs[worker]!, nowMs + LINGER_MS);
  }

  /** When the worker's last idle connection ends, ms; 0 when it never had one. */
  idleUntilMs(worker: number): number {
    return this.#idleEpoch[worker] === this.#workers.epoch[worker] ? this.#idleUntilMs[worker]! : 0;
  }

  #place(i: number): number {
    return (this.#oldest + i) % this.#worker.length;
  }
}
