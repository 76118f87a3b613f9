/** A set of worker numbers with O(1) add, remove and random member. */
export class WorkerSet {
  #members: Int32Array;
  #place: Int32Array;
  #size = 0;

  constructor(capacity: number) {
    this.#members = new Int32Array(capacity);
    this.#place = new Int32Array(capacity).fill(-1);
  }

  get size(): number {
    return this.#size;
  }

  /** Member number i, 0..size-1; the order means nothing. */
  at(i: number): number {
    return this.#members[i]!;
  }

  /** Puts the worker in, or takes it out. */
  put(worker: number, member: boolean): void {
    const i = this.#place[worker]!;
    if (member) {
      if (i >= 0) return;
      this.#place[worker] = this.#size;
      this.#members[this.#size++] = worker;
    } else if (i >= 0) {
      const last = this.#members[--this.#size]!;
      this.#members[i] = last;
      this.#place[last] = i;
      this.#place[worker] = -1;
    }
  }
}
