/** Files that a user names. They may be devices and pipes, which need not end, or larger than memory. */

const CHUNK_BYTES = 64 * 1024;
const MIB = 2 ** 20;

/**
 * The whole file.
 * @throws Error when it has more than `mostMib`; what Deno throws when it cannot be read
 */
export function readGiven(path: string, mostMib: number): Uint8Array {
  using file = Deno.openSync(path);
  const { size } = file.statSync();
  const whole = new Whole(size, mostMib);
  while (whole.add(file.readSync(whole.room()))) { /* there may be more */ }
  return whole.bytes;
}

/** What was read so far. */
export class Whole {
  readonly #mostMib: number;
  #buffer: Uint8Array<ArrayBuffer>;
  #filled = 0;

  /**
   * @param expected so many bytes, if not more
   * @throws Error when that is more than `mostMib`
   */
  constructor(expected: number, mostMib: number) {
    this.#mostMib = mostMib;
    this.#refuse(expected);
    this.#buffer = new Uint8Array(expected + CHUNK_BYTES);
  }

  /** All of it. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#filled);
  }

  /** Where the next bytes go. */
  room(): Uint8Array<ArrayBuffer> {
    if (this.#filled === this.#buffer.length) {
      const larger = new Uint8Array(2 * this.#buffer.length);
      larger.set(this.#buffer);
      this.#buffer = larger;
    }
    return this.#buffer.subarray(this.#filled);
  }

  /**
   * Notes how much was read; false at the end.
   * @throws Error when it is more than `mostMib` altogether
   */
  add(count: number | null): boolean {
    if (count === null) return false;
    this.#filled += count;
    this.#refuse(this.#filled);
    return true;
  }

  #refuse(bytes: number): void {
    if (bytes > this.#mostMib * MIB) throw new Error(`it has more than ${this.#mostMib} MiB`);
  }
}
