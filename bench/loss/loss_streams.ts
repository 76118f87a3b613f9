/** Event streams that never end, while workers go: each is to end by the timeouts of its worker, none by SIGABRT. */

import { LossLoad, quickClients } from "./loss_load.ts";
import type { Scaled, WorkerClass } from "./loss_servers.ts";

const GRACEFUL_S = 3;
/**
 * A stream is late beyond it: the gevent worker of gunicorn looks once a second whether it must end and whether it is
 * idle, and takes a second to end.
 */
export const LATE_S = GRACEFUL_S + 4;
/** Of gunicorn: without a heartbeat for so long a worker is aborted. */
const TIMEOUT_S = 6;
const STREAMS = 24;
const MOST = 6, FEWEST = 1;
const BEGUN_MS = 200;
/** Far beyond the count: to the worker these streams never end. */
const STREAM_MS = 600_000;

/** What came of it. */
export interface StreamResult {
  readonly shrinks: number;
  /** Streams that ended with their worker. */
  readonly ended: number;
  /** From the order to shrink to the end of the last stream. */
  readonly streamS: number;
  /** From the order to shrink to the end of the last worker that was to go. */
  readonly workerS: number;
  /** Workers that gunicorn aborted. */
  readonly aborted: number;
  /** Quick requests meanwhile. */
  readonly sent: number;
  readonly lost: number;
}

/** How a worker class is started for this count. */
export function withShortTimeouts(kind: WorkerClass): WorkerClass {
  return {
    ...kind,
    gunicorn: [...kind.gunicorn, "--graceful-timeout", String(GRACEFUL_S), "--timeout", String(TIMEOUT_S)],
  };
}

/** Shrinks from 6 workers to one so often, with streams on all of them. */
export async function countStreams(server: Scaled, shrinks: number): Promise<StreamResult> {
  const streams = new Streams(server.port);
  const load = new LossLoad(server.port, quickClients(4));
  let streamMs = 0, workerMs = 0;
  try {
    for (let i = 0; i < shrinks; i++) {
      await server.scale(MOST);
      await streams.fill(STREAMS);
      const from = performance.now();
      await server.scale(FEWEST);
      await server.gone(FEWEST);
      workerMs = Math.max(workerMs, performance.now() - from);
      streamMs = Math.max(streamMs, streams.lastEndMs - from);
    }
  } finally {
    streams.close();
    await load.stop();
  }
  return {
    shrinks,
    ended: streams.ended,
    streamS: streamMs / 1000,
    workerS: workerMs / 1000,
    aborted: [...server.text().matchAll(/WORKER TIMEOUT/g)].length,
    sent: load.sent,
    lost: load.lost,
  };
}

/** Clients that read one stream each. */
class Streams {
  ended = 0;
  /** performance.now() of the last end. */
  lastEndMs = 0;
  readonly #port: number;
  readonly #open = new Set<Deno.Conn>();

  constructor(port: number) {
    this.#port = port;
  }

  /** Opens streams until so many are open, one after the other: at once one event loop would take them all. */
  async fill(count: number): Promise<void> {
    while (this.#open.size < count) await this.#begin();
  }

  close(): void {
    for (const conn of [...this.#open]) {
      this.#open.delete(conn);
      conn.close();
    }
  }

  async #begin(): Promise<void> {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: this.#port });
    this.#open.add(conn);
    await conn.write(
      new TextEncoder().encode(`GET /events/${STREAM_MS} HTTP/1.1\r\nHost: localhost\r\n\r\n`),
    );
    const begun = new Promise<void>((resolve) => this.#read(conn, resolve));
    // gunicorn alone may accept more of them in a worker than it has threads: those wait.
    let timer: ReturnType<typeof setTimeout> | undefined;
    await Promise.race([begun, new Promise<void>((resolve) => timer = setTimeout(resolve, BEGUN_MS))]);
    clearTimeout(timer);
  }

  async #read(conn: Deno.Conn, onFirst: () => void): Promise<void> {
    const buffer = new Uint8Array(4096);
    try {
      while (await conn.read(buffer) !== null) onFirst();
    } catch {
      // reset, or closed here
    }
    onFirst();
    if (!this.#open.delete(conn)) return;
    this.ended++;
    this.lastEndMs = performance.now();
    conn.close();
  }
}
