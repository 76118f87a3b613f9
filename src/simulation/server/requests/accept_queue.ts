/** The kernel's accept queue: connections no worker has taken yet, first in, first out. */
export class AcceptQueue {
  #ring = new Int32Array(1024);
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(request: number): void {
    if (this.#length === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.#length++) & (this.#ring.length - 1)] = request;
  }

  /** The oldest; only when length > 0. */
  shift(): number {
    const request = this.#ring[this.#head]!;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#length--;
    return request;
  }

  #grow(): void {
    const bigger = new Int32Array(this.#ring.length * 2);
    for (let i = 0; i < this.#length; i++) {
      bigger[i] = this.#ring[(this.#head + i) & (this.#ring.length - 1)]!;
    }
    this.#ring = bigger;
    this.#head = 0;
  }
}
