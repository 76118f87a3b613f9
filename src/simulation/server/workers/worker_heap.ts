/** Workers ordered by a key that may change: an indexed binary heap. Holds each worker at most once. */
export class WorkerHeap {
  #key: Float64Array;
  #place: Int32Array; // of a worker in #order; -1 when it is not in
  #order: Int32Array;
  #size = 0;

  constructor(capacity: number) {
    this.#key = new Float64Array(capacity);
    this.#place = new Int32Array(capacity).fill(-1);
    this.#order = new Int32Array(capacity);
  }

  get size(): number {
    return this.#size;
  }

  /** The worker with the smallest key; only meaningful when size > 0. */
  top(): number {
    return this.#order[0]!;
  }

  /** The smallest key; Infinity when empty. */
  topKey(): number {
    return this.#size > 0 ? this.#key[this.#order[0]!]! : Infinity;
  }

  /** Puts the worker in, or moves it to its new key. */
  set(worker: number, key: number): void {
    let i = this.#place[worker]!;
    if (i < 0) {
      i = this.#size++;
      this.#key[worker] = key;
      this.#rise(i, worker);
      return;
    }
    const before = this.#key[worker]!;
    this.#key[worker] = key;
    if (key < before) this.#rise(i, worker);
    else this.#sink(i, worker);
  }

  /** Takes the worker out, if it is in. */
  remove(worker: number): void {
    const i = this.#place[worker]!;
    if (i < 0) return;
    this.#place[worker] = -1;
    const last = this.#order[--this.#size]!;
    if (i === this.#size) return;
    if (i > 0 && this.#key[last]! < this.#key[this.#order[(i - 1) >> 1]!]!) this.#rise(i, last);
    else this.#sink(i, last);
  }

  #rise(i: number, worker: number): void {
    const key = this.#key[worker]!;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      const other = this.#order[parent]!;
      if (this.#key[other]! <= key) break;
      this.#order[i] = other;
      this.#place[other] = i;
      i = parent;
    }
    this.#order[i] = worker;
    this.#place[worker] = i;
  }

  #sink(i: number, worker: number): void {
    const key = this.#key[worker]!;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= this.#size) break;
      if (child + 1 < this.#size && this.#key[this.#order[child + 1]!]! < this.#key[this.#order[child]!]!) {
        child++;
      }
      const other = this.#order[child]!;
      if (this.#key[other]! >= key) break;
      this.#order[i] = other;
      this.#place[other] = i;
      i = child;
    }
    this.#order[i] = worker;
    this.#place[worker] = i;
  }
}
