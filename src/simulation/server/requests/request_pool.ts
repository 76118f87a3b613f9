/** The requests alive in the simulation, as records in typed arrays that are used again and again. */
export class RequestPool {
  arrivedMs = new Float64Array(1024);
  startedMs = new Float64Array(1024);
  cpuMs = new Float64Array(1024);
  waitMs = new Float64Array(1024);
  /** The client's time for the head, until a worker has it. */
  headMs = new Float64Array(1024);
  /** The CPU part still due: remaining work (fifo) or the worker's attained service at which it ends (shared). */
  due = new Float64Array(1024);
  worker = new Int32Array(1024);
  /** Link of the list the request stands in (a worker's run list or inner queue); -1 ends it. */
  next = new Int32Array(1024);
  /** Times the connection was refused for a full accept queue. */
  refusals = new Uint8Array(1024);
  /** 1 when the answer ends a connection that the client would keep. */
  closes = new Uint8Array(1024);
  /** 1 when its waiting part holds the event loop that serves it. */
  blocks = new Uint8Array(1024);
  /** 1 when it is an event stream. */
  streams = new Uint8Array(1024);
  /** 1 while it stands in the accept queue. */
  queued = new Uint8Array(1024);
  /** +1 each time the record is used again: tells an event for an earlier request from one for this. */
  serial = new Int32Array(1024);
  #free = new Int32Array(1024);
  #freeCount = 0;
  #used = 0;

  /** The number of a record for a new request; its fields are still those of an earlier one. */
  take(): number {
    if (this.#freeCount > 0) {
      const request = this.#free[--this.#freeCount]!;
      this.serial[request]!++;
      return request;
    }
    if (this.#used === this.arrivedMs.length) this.#grow();
    return this.#used++;
  }

  /** The request is over. */
  release(request: number): void {
    this.#free[this.#freeCount++] = request;
  }

  #grow(): void {
    const length = this.arrivedMs.length * 2;
    const floats = (old: Float64Array) => {
      const bigger = new Float64Array(length);
      bigger.set(old);
      return bigger;
    };
    const ints = (old: Int32Array) => {
      const bigger = new Int32Array(length);
      bigger.set(old);
      return bigger;
    };
    const bytes = (old: Uint8Array) => {
      const bigger = new Uint8Array(length);
      bigger.set(old);
      return bigger;
    };
    this.arrivedMs = floats(this.arrivedMs);
    this.startedMs = floats(this.startedMs);
    this.cpuMs = floats(this.cpuMs);
    this.waitMs = floats(this.waitMs);
    this.headMs = floats(this.headMs);
    this.due = floats(this.due);
    this.worker = ints(this.worker);
    this.next = ints(this.next);
    this.serial = ints(this.serial);
    this.#free = ints(this.#free);
    this.refusals = bytes(this.refusals);
    this.queued = bytes(this.queued);
    this.closes = bytes(this.closes);
    this.blocks = bytes(this.blocks);
    this.streams = bytes(this.streams);
  }
}
