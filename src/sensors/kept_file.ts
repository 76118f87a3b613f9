/**
 * A small file of /proc or /sys that is read repeatedly through one descriptor: a third of the cost of opening it
 * each time, and for /proc/PID it stays with the process when the pid is used again.
 */

const SIZE = 8192;
const buffer = new Uint8Array(SIZE);
const decoder = new TextDecoder();

/** One such file. */
export class KeptFile {
  readonly #path: string;
  #file: Deno.FsFile | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** The text of the file, at most 8 KiB; undefined when it is missing or its process has ended. Opened anew after that. */
  read(): string | undefined {
    try {
      this.#file ??= Deno.openSync(this.#path, { read: true });
      this.#file.seekSync(0, Deno.SeekMode.Start);
      const length = this.#file.readSync(buffer) ?? 0;
      return decoder.decode(buffer.subarray(0, length));
    } catch {
      this.close();
      return undefined;
    }
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }
}
