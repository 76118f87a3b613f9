/** A database with so many connections for all workers together: a FIFO that holds a byte for each that is free. */
import { run } from "../../tests/support/process.ts";

/** As the test apps see it at /database/MS: they take a byte, wait, and put it back. */
export class Database {
  /** Variables for the server; none where there is no database. */
  readonly env: Record<string, string>;
  readonly #folder: string | undefined;
  /** Open for as long as the database is, so that what is in the FIFO stays there. */
  readonly #fifo: Deno.FsFile | undefined;

  private constructor(folder?: string, fifo?: Deno.FsFile) {
    this.env = folder === undefined ? {} : { DATABASE_FIFO: `${folder}/fifo` };
    this.#folder = folder;
    this.#fifo = fifo;
  }

  /** A database with this many connections; none where that is undefined. */
  static async open(connections?: number): Promise<Database> {
    if (connections === undefined) return new Database();
    const folder = await Deno.makeTempDir({ prefix: "ga-database-" });
    const { code, stderr } = await run("mkfifo", [`${folder}/fifo`]);
    if (code !== 0) throw new Error(`Cannot make the FIFO of the database: ${stderr.trim()}`);
    const fifo = await Deno.open(`${folder}/fifo`, { read: true, write: true });
    await fifo.write(new Uint8Array(connections));
    return new Database(folder, fifo);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#fifo?.close();
    if (this.#folder !== undefined) await Deno.remove(this.#folder, { recursive: true });
  }
}
