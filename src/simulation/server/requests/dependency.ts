import type { EventHeap } from "../event_heap.ts";
import { WAITED } from "../event_kinds.ts";

/**
 * What requests wait for: something that takes all at once, or a database with so many connections, first
 * come, first served.
 */
export class Dependency {
  readonly #connections: number;
  readonly #events: EventHeap;
  readonly #queue: { request: number; waitMs: number }[] = [];
  #taken = 0;

  constructor(connections: number, events: EventHeap) {
    this.#connections = connections;
    this.#events = events;
  }

  /** The request waits for this long, once a connection is free. */
  begin(request: number, waitMs: number, nowMs: number): void {
    if (this.#taken >= this.#connections) {
      this.#queue.push({ request, waitMs });
      return;
    }
    this.#taken++;
    this.#events.push(nowMs + waitMs, WAITED, request);
  }

  /** A request has its answer: the next one in the queue gets the connection. */
  end(nowMs: number): void {
    this.#taken--;
    const next = this.#queue.shift();
    if (next !== undefined) this.begin(next.request, next.waitMs, nowMs);
  }
}
