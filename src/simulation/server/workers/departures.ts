import type { EventHeap } from "../event_heap.ts";
import { KILL, LINGERED } from "../event_kinds.ts";
import type { KeptConnections } from "../requests/kept_connections.ts";
import { DRAINING, FREE, type WorkerTable } from "./worker_table.ts";

/** How workers drain and stop. */
export class Departures {
  readonly #workers: WorkerTable;
  readonly #events: EventHeap;
  readonly #kept: KeptConnections | undefined;
  readonly #gracefulTimeoutMs: number;

  constructor(
    workers: WorkerTable,
    events: EventHeap,
    kept: KeptConnections | undefined,
    gracefulTimeoutMs: number,
  ) {
    this.#workers = workers;
    this.#events = events;
    this.#kept = kept;
    this.#gracefulTimeoutMs = gracefulTimeoutMs;
  }

  /** Retires a ready worker: it takes no new connection, and ends those it has. */
  drain(worker: number, nowMs: number): void {
    const { state, epoch } = this.#workers;
    this.#workers.change(worker, DRAINING);
    this.#kept?.drain(worker, nowMs);
    this.leave(worker, nowMs);
    if (state[worker] === FREE) return;
    this.#events.push(nowMs + this.#gracefulTimeoutMs, KILL, worker, epoch[worker]!);
  }

  /** A draining worker stops when it serves no request and its last idle connection is closed. */
  leave(worker: number, nowMs: number): void {
    const { state, inFlight, inside, epoch } = this.#workers;
    if (state[worker] !== DRAINING || inFlight[worker]! + inside[worker]! > 0) return;
    const untilMs = this.#kept?.idleUntilMs(worker, nowMs) ?? 0;
    if (untilMs === 0) this.#workers.change(worker, FREE);
    else this.#events.push(untilMs, LINGERED, worker, epoch[worker]!);
  }
}
