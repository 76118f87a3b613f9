/** The generator's HTTP client: one request at a time on a connection, a new connection each or a pool of kept ones. */
import { delay } from "@std/async/delay";
import { progress } from "./http_response.ts";
import type { Outcome } from "./load_report.ts";

/** Where to send requests: a port of 127.0.0.1. */
export interface ClientOptions {
  readonly port: number;
  readonly keepAlive: boolean;
  /** Whether this is the right answer to a request for `path`; a wrong one is "failed". Any is right when not given. */
  readonly isRight?: (path: string, answer: string) => boolean;
  /** Opens a connection to it, with TLS for example; plain TCP when not given. */
  readonly connect?: ((port: number) => Promise<Deno.Conn>) | undefined;
}

/** One request in flight; `abort` ends it at any point. */
export class Flight {
  aborted = false;
  /** What broke it, for the log. */
  error: unknown;
  controller: AbortController | undefined;
  conn: Deno.Conn | undefined;

  abort(): void {
    this.aborted = true;
    this.controller?.abort();
    close(this.conn);
  }
}

const BUFFER_BYTES = 8192;
const latin1 = new TextDecoder("latin1");

/** Sends requests over HTTP/1.1, on kept connections or on new ones. */
export class Client {
  /** Requests sent again because a kept connection had died. */
  resent = 0;
  readonly #options: ClientOptions;
  readonly #idle: Deno.Conn[] = [];
  readonly #buffers: Uint8Array[] = [];
  readonly #requests = new Map<string, Uint8Array>();

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /** Sends a GET and waits for its answer. Never throws; an aborted flight is a "timeout". */
  async send(path: string, flight: Flight): Promise<Outcome> {
    try {
      if (this.#options.keepAlive) {
        // The last one put back is the one the server is least likely to have closed.
        for (let conn = this.#idle.pop(); conn !== undefined; conn = this.#idle.pop()) {
          const outcome = await this.#exchange(conn, path, flight);
          if (outcome !== "dead") return outcome;
          this.resent++;
        }
      }
      const outcome = await this.#exchange(await this.#connect(flight), path, flight);
      return outcome === "dead" ? "broken" : outcome;
    } catch (error) {
      flight.error = error;
      return flight.aborted ? "timeout" : "broken";
    }
  }

  close(): void {
    for (const conn of this.#idle.splice(0)) close(conn);
  }

  async #connect(flight: Flight): Promise<Deno.Conn> {
    const { connect, port } = this.#options;
    if (connect !== undefined) return await connect(port);
    flight.controller = new AbortController();
    const { signal } = flight.controller;
    return await Deno.connect({ hostname: "127.0.0.1", port, signal });
  }

  /** "dead": the connection broke before the first byte of an answer. */
  async #exchange(conn: Deno.Conn, path: string, flight: Flight): Promise<Outcome | "dead"> {
    flight.conn = conn;
    let buffer = this.#buffers.pop() ?? new Uint8Array(BUFFER_BYTES);
    let length = 0;
    let keep = false;
    try {
      await sendHead(conn, this.#request(path), path);
      while (true) {
        const count = await conn.read(buffer.subarray(length));
        if (count === null) {
          if (length === 0) return flight.aborted ? "timeout" : "dead";
          const { untilClose, status } = progress(buffer, length);
          return untilClose
            ? this.#judge(path, status, buffer, length)
            : flight.aborted
            ? "timeout"
            : "broken";
        }
        length += count;
        const { complete, status, reusable } = progress(buffer, length);
        if (complete) {
          keep = reusable && this.#options.keepAlive;
          return this.#judge(path, status, buffer, length);
        }
        if (length === buffer.length) buffer = enlarge(buffer);
      }
    } catch (error) {
      flight.error = error;
      return flight.aborted ? "timeout" : length === 0 ? "dead" : "broken";
    } finally {
      if (buffer.length === BUFFER_BYTES) this.#buffers.push(buffer);
      flight.conn = undefined;
      if (keep) this.#idle.push(conn);
      else close(conn);
    }
  }

  #judge(path: string, status: number, buffer: Uint8Array, length: number): Outcome {
    if (status < 200 || status >= 300) return "failed";
    const { isRight } = this.#options;
    return isRight === undefined || isRight(path, latin1.decode(buffer.subarray(0, length)))
      ? "ok"
      : "failed";
  }

  #request(path: string): Uint8Array {
    let bytes = this.#requests.get(path);
    if (bytes === undefined) {
      const connection = this.#options.keepAlive ? "keep-alive" : "close";
      bytes = new TextEncoder().encode(
        `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: ${connection}\r\n\r\n`,
      );
      if (this.#requests.size < 1000) this.#requests.set(path, bytes);
    }
    return bytes;
  }
}

/**
 * A few hundred bytes into an empty socket buffer, always whole; "?head=MS" in a path is a client that takes
 * MS ms for it.
 */
async function sendHead(conn: Deno.Conn, head: Uint8Array, path: string): Promise<void> {
  const headMs = Number(/[?]head=(\d+)$/.exec(path)?.[1] ?? 0);
  const first = headMs > 0 ? head.length >> 1 : 0;
  if (headMs > 0) {
    await conn.write(head.subarray(0, first));
    await delay(headMs);
  }
  await conn.write(head.subarray(first));
}

function enlarge(buffer: Uint8Array): Uint8Array {
  const bigger = new Uint8Array(buffer.length * 2);
  bigger.set(buffer);
  return bigger;
}

function close(conn: Deno.Conn | undefined): void {
  try {
    conn?.close();
  } catch {
    // closed already
  }
}
