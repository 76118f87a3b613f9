import { delay } from "@std/async/delay";
import { hangUp } from "../../platform/hang_up.ts";
import {
  bodyLength,
  encodeAnswer,
  type HttpAnswer,
  type HttpRequest,
  parseHead,
  textAnswer,
} from "./http_message.ts";

/** What a request leads to: an answer, or the connection taken over (an event stream). */
export type Handled = HttpAnswer | { readonly takeOver: (connection: Deno.Conn) => void };

/** The handler, and its limits. */
export interface HttpServerOptions {
  readonly handle: (request: HttpRequest) => Handled | Promise<Handled>;
  /** Connections at once; further ones are closed at once. */
  readonly mostConnections: number;
  /** For request and answer each, ms. */
  readonly timeoutMs: number;
}

const MOST_HEAD_BYTES = 8 * 1024;
const MOST_BODY_BYTES = 16 * 1024;
/** What ends the head. */
const EMPTY_LINE_BYTES = 4;
/** After an accept failed (out of descriptors) the next is tried this much later. */
const ACCEPT_AGAIN_MS = 200;

/**
 * A small HTTP server on a listener. By hand, because Deno.serve bounds neither its connections nor the time a client
 * takes for its request: a few hundred idle connections would take the descriptors that the sensors need.
 */
export class HttpServer {
  readonly #listener: Deno.Listener;
  readonly #options: HttpServerOptions;
  readonly #open = new Set<Deno.Conn>();
  readonly #accepting: Promise<void>;
  #closed = false;
  /** Connections closed at once because there were too many. */
  refused = 0;

  constructor(listener: Deno.Listener, options: HttpServerOptions) {
    this.#listener = listener;
    this.#options = options;
    this.#accepting = this.#accept();
  }

  /** Connections open now, those taken over among them. */
  get connections(): number {
    return this.#open.size;
  }

  /** Ends the listener and all connections. */
  async close(): Promise<void> {
    this.#closed = true;
    closeQuietly(this.#listener);
    for (const connection of this.#open) hangUp(connection);
    await this.#accepting;
  }

  /** Called when a connection that was taken over has ended. */
  forget(connection: Deno.Conn): void {
    this.#open.delete(connection);
    closeQuietly(connection);
  }

  async #accept(): Promise<void> {
    while (!this.#closed) {
      try {
        const connection = await this.#listener.accept();
        if (this.#open.size >= this.#options.mostConnections) {
          this.refused++;
          closeQuietly(connection);
          continue;
        }
        this.#open.add(connection);
        void this.#serve(connection);
      } catch {
        if (!this.#closed) await delay(ACCEPT_AGAIN_MS);
      }
    }
  }

  /** Never rejects: a client may break off at any time. */
  async #serve(connection: Deno.Conn): Promise<void> {
    let taken = false;
    let timer = setTimeout(() => hangUp(connection), this.#options.timeoutMs);
    try {
      const request = await readRequest(connection);
      if (request === undefined) return;
      clearTimeout(timer);
      const handled = "status" in request ? request : await this.#handle(request);
      if ("takeOver" in handled) {
        handled.takeOver(connection);
        taken = true;
        return;
      }
      timer = setTimeout(() => hangUp(connection), this.#options.timeoutMs);
      await writeAll(connection, encodeAnswer(handled, "method" in request ? request.method : "GET"));
      await connection.closeWrite();
    } catch {
      // Closed by the other side, or by the timer.
    } finally {
      clearTimeout(timer);
      if (!taken) this.forget(connection);
    }
  }

  async #handle(request: HttpRequest): Promise<Handled> {
    try {
      return await this.#options.handle(request);
    } catch {
      return textAnswer(500, "Cannot answer: the status server failed, scaling is not affected");
    }
  }
}

/** Writes all bytes; a slow reader makes it wait. */
export async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

function closeQuietly(resource: { close(): void }): void {
  try {
    resource.close();
  } catch {
    // Closed already.
  }
}

/** A request, an answer to a bad one, or undefined when the client left without sending anything. */
async function readRequest(connection: Deno.Conn): Promise<HttpRequest | HttpAnswer | undefined> {
  const buffer = new Uint8Array(MOST_HEAD_BYTES + EMPTY_LINE_BYTES + MOST_BODY_BYTES);
  let filled = 0;
  let head: Omit<HttpRequest, "body"> | undefined;
  let bodyAt = 0, bodyEnd = 0;
  while (head === undefined || filled < bodyEnd) {
    if (filled === buffer.length) break;
    const count = await connection.read(buffer.subarray(filled));
    if (count === null) return undefined;
    filled += count;
    if (head !== undefined) continue;
    const end = endOfHead(buffer, filled);
    if ((end ?? filled) > MOST_HEAD_BYTES) {
      return textAnswer(431, `Cannot read the request: its head is too long, ${atMost(MOST_HEAD_BYTES)}`);
    }
    if (end === undefined) continue;
    head = parseHead(latin1.decode(buffer.subarray(0, end)));
    const length = head === undefined ? undefined : bodyLength(head.headers);
    if (head === undefined || length === undefined) {
      return textAnswer(400, "Cannot read the request: it is no plain HTTP/1.1, send it without chunks");
    }
    if (length > MOST_BODY_BYTES) {
      return textAnswer(413, `Cannot read the request: its body is too long, ${atMost(MOST_BODY_BYTES)}`);
    }
    bodyAt = end + EMPTY_LINE_BYTES;
    bodyEnd = bodyAt + length;
  }
  return { ...head!, body: utf8.decode(buffer.subarray(bodyAt, bodyEnd)) };
}

function atMost(bytes: number): string {
  return `send at most ${bytes / 1024} KiB`;
}

const latin1 = new TextDecoder("latin1");
const utf8 = new TextDecoder();

/** Index of the empty line that ends the head. */
function endOfHead(bytes: Uint8Array, filled: number): number | undefined {
  for (let i = 0; i + 3 < filled; i++) {
    if (bytes[i] === 13 && bytes[i + 1] === 10 && bytes[i + 2] === 13 && bytes[i + 3] === 10) return i;
  }
  return undefined;
}
