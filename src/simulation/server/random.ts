/**
 * A seeded generator of random numbers (sfc32), so that a simulation with the same seed is the same simulation,
 * on every machine. Streams of one seed are independent: arrivals, service times and scheduling each have their own,
 * so that every controller compared meets exactly the same requests.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;
  #spareNormal = NaN;

  /** `seed` and `stream` are whole numbers; equal pairs give equal sequences. */
  constructor(seed: number, stream: number) {
    this.#a = seed | 0;
    this.#b = Math.imul(stream + 1, 0x9e3779b9);
    this.#c = Math.floor(seed / 2 ** 32) ^ 0x85ebca6b;
    for (let i = 0; i < 15; i++) this.uniform(); // sfc32 needs a few rounds until all bits depend on the seed
  }

  /** Uniform in [0, 1), 32 bits. */
  uniform(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum | 0;
    return (sum >>> 0) / 4294967296;
  }

  /** A whole number in 0..n-1. */
  below(n: number): number {
    return Math.floor(this.uniform() * n);
  }

  /** Exponential with mean 1: the gaps of a Poisson process of rate 1. */
  exponential(): number {
    return -Math.log(1 - this.uniform());
  }

  /** Standard normal (Marsaglia's polar method). */
  normal(): number {
    if (this.#spareNormal === this.#spareNormal) {
      const spare = this.#spareNormal;
      this.#spareNormal = NaN;
      return spare;
    }
    for (;;) {
      const x = 2 * this.uniform() - 1;
      const y = 2 * this.uniform() - 1;
      const square = x * x + y * y;
      if (square > 0 && square < 1) {
        const scale = Math.sqrt(-2 * Math.log(square) / square);
        this.#spareNormal = y * scale;
        return x * scale;
      }
    }
  }
}
