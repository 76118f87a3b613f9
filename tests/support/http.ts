/**
 * Plain HTTP/1.1 GETs over TCP or a unix socket, without fetch: no hidden pool, no retry, no keep-alive
 * unless asked for.
 */

/** Where a server listens. */
export type Target = { readonly port: number; readonly hostname?: string } | { readonly socket: string };

export interface Answer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export interface GetOptions {
  readonly timeoutMs?: number;
  readonly headers?: Record<string, string>;
}

/**
 * One GET on a connection of its own. Throws when the server does not answer in time (10 s) or breaks off; when it is
 * awaited later, or not at all, that does not end the whole test file.
 */
export function get(target: Target, path: string, options: GetOptions = {}): Promise<Answer> {
  const answer = getOnce(target, path, options);
  answer.catch(() => {});
  return answer;
}

async function getOnce(target: Target, path: string, options: GetOptions): Promise<Answer> {
  await using connection = await Connection.open(target);
  return await connection.get(path, { ...options, headers: { Connection: "close", ...options.headers } });
}

/** A connection that is kept between requests: `await using c = await Connection.open({ port })`. */
export class Connection implements AsyncDisposable {
  readonly #conn: Deno.Conn;
  #rest = new Uint8Array();

  private constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  static async open(target: Target): Promise<Connection> {
    if ("socket" in target) {
      return new Connection(await Deno.connect({ transport: "unix", path: target.socket }));
    }
    return new Connection(
      await Deno.connect({ hostname: target.hostname ?? "127.0.0.1", port: target.port }),
    );
  }

  /** Sends a GET and reads its answer. */
  async get(path: string, { timeoutMs = 10_000, headers = {} }: GetOptions = {}): Promise<Answer> {
    const lines = Object.entries({ Host: "localhost", ...headers }).map(([name, value]) =>
      `${name}: ${value}\r\n`
    );
    await this.send(`GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`);
    return await this.answer(timeoutMs);
  }

  /** Sends bytes as they are, for requests that trickle in or are broken. */
  async send(text: string): Promise<void> {
    let bytes = new TextEncoder().encode(text);
    while (bytes.length > 0) bytes = bytes.subarray(await this.#conn.write(bytes));
  }

  /** Reads one answer. */
  async answer(timeoutMs = 10_000): Promise<Answer> {
    let timedOut = false;
    const timer = setTimeout(() => (timedOut = true, this.#close()), timeoutMs);
    try {
      return await this.#read();
    } catch (error) {
      if (timedOut) throw new Deno.errors.TimedOut(`No whole HTTP answer came within ${timeoutMs} ms`);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#close();
    return Promise.resolve();
  }

  async #read(): Promise<Answer> {
    // Python 3.14 leaves a bare line feed before the body of gunicorn's own error pages.
    const [first = "", ...lines] = (await this.#until(/\r?\n\r?\n/)).split(/\r?\n/);
    const status = Number(first.match(/^HTTP\/1\.[01] ([0-9]{3})/)?.[1]);
    if (!status) throw new Error(`Cannot read the answer: "${first}" is no HTTP/1.1 status line`);
    const headers = new Map<string, string>();
    for (const line of lines) {
      const colon = line.indexOf(":");
      if (colon > 0) headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
    }
    return { status, headers, body: await this.#body(status, headers) };
  }

  async #body(status: number, headers: ReadonlyMap<string, string>): Promise<string> {
    if (status === 204 || status === 304) return "";
    const length = headers.get("content-length");
    if (length !== undefined) return await this.#take(Number(length));
    if (headers.get("transfer-encoding") !== "chunked") return await this.#toEnd();
    let body = "";
    while (true) {
      const size = parseInt(await this.#until(/\r?\n/), 16);
      const chunk = await this.#take(size);
      await this.#take(2);
      if (size === 0) return body;
      body += chunk;
    }
  }

  /** What stands before a mark, which it leaves out. */
  async #until(mark: RegExp): Promise<string> {
    while (true) {
      const found = mark.exec(latin1(this.#rest));
      if (found !== null) {
        return (await this.#take(found.index + found[0].length)).slice(0, -found[0].length);
      }
      if (!await this.#more()) {
        throw new Deno.errors.UnexpectedEof("The server closed the connection before its answer ended");
      }
    }
  }

  async #take(bytes: number): Promise<string> {
    while (this.#rest.length < bytes) {
      if (!await this.#more()) {
        throw new Deno.errors.UnexpectedEof("The server closed the connection before its answer ended");
      }
    }
    const text = new TextDecoder().decode(this.#rest.subarray(0, bytes));
    this.#rest = this.#rest.slice(bytes);
    return text;
  }

  async #toEnd(): Promise<string> {
    while (await this.#more());
    return await this.#take(this.#rest.length);
  }

  async #more(): Promise<boolean> {
    const buffer = new Uint8Array(16_384);
    const count = await this.#conn.read(buffer);
    if (count === null) return false;
    const joined = new Uint8Array(this.#rest.length + count);
    joined.set(this.#rest);
    joined.set(buffer.subarray(0, count), this.#rest.length);
    this.#rest = joined;
    return true;
  }

  #close(): void {
    try {
      this.#conn.close();
    } catch {
      // closed already
    }
  }
}

function latin1(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}
