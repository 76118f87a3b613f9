/** Events ordered by time: a binary heap over typed arrays, so that neither a push nor a pop allocates. */
export class EventHeap {
  #time = new Float64Array(1024);
  #what = new Int32Array(1024);
  #id = new Int32Array(1024);
  #epoch = new Int32Array(1024);
  #size = 0;

  /** Of the event popped last. */
  what = 0;
  id = 0;
  epoch = 0;

  get size(): number {
    return this.#size;
  }

  /** Time of the next event, ms; Infinity when there is none. */
  nextMs(): number {
    return this.#size > 0 ? this.#time[0]! : Infinity;
  }

  /** `what` says the kind of event, `id` whom it concerns, `epoch` tells a reused id from the one meant. */
  push(timeMs: number, what: number, id: number, epoch = 0): void {
    if (this.#size === this.#time.length) this.#grow();
    const time = this.#time;
    let i = this.#size++;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (time[parent]! <= timeMs) break;
      this.#move(parent, i);
      i = parent;
    }
    this.#put(i, timeMs, what, id, epoch);
  }

  /** Takes the earliest event off into `what`, `id` and `epoch`. */
  pop(): void {
    this.what = this.#what[0]!;
    this.id = this.#id[0]!;
    this.epoch = this.#epoch[0]!;
    const last = --this.#size;
    if (last <= 0) return;
    const time = this.#time;
    const key = time[last]!;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= last) break;
      if (child + 1 < last && time[child + 1]! < time[child]!) child++;
      if (time[child]! >= key) break;
      this.#move(child, i);
      i = child;
    }
    this.#put(i, key, this.#what[last]!, this.#id[last]!, this.#epoch[last]!);
  }

  #put(i: number, timeMs: number, what: number, id: number, epoch: number): void {
    this.#time[i] = timeMs;
    this.#what[i] = what;
    this.#id[i] = id;
    this.#epoch[i] = epoch;
  }

  #move(from: number, to: number): void {
    this.#time[to] = this.#time[from]!;
    this.#what[to] = this.#what[from]!;
    this.#id[to] = this.#id[from]!;
    this.#epoch[to] = this.#epoch[from]!;
  }

  #grow(): void {
    const length = this.#time.length * 2;
    const grown = <T extends Float64Array | Int32Array>(old: T, bigger: T): T => (bigger.set(old), bigger);
    this.#time = grown(this.#time, new Float64Array(length));
    this.#what = grown(this.#what, new Int32Array(length));
    this.#id = grown(this.#id, new Int32Array(length));
    this.#epoch = grown(this.#epoch, new Int32Array(length));
  }
}
