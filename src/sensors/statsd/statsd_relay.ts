/**
 * Hands StatsD packets on, unchanged, to the server that the user's own --statsd-host names: where gunicorn's StatsD
 * comes to us, that server must not notice. Like StatsD itself it never waits and never fails: what could not be sent
 * is counted.
 */

import { connectUdp, connectUnix, sendDatagram } from "../../platform/datagram.ts";
import { libc } from "../../platform/libc.ts";

/** Where packets go: UDP, or a unix socket. */
export type RelayTarget = { readonly host: string; readonly port: number } | { readonly path: string };

/** StatsD's port, which gunicorn takes too when none is given. */
const DEFAULT_PORT = 8125;
/** A server that is not there is looked for again after so long. */
const RETRY_MS = 2_000;

/** HOST:PORT, [HOST]:PORT, HOST, or unix://PATH, as gunicorn's --statsd-host allows; undefined for anything else. */
export function parseRelayTarget(text: string): RelayTarget | undefined {
  const unix = /^unix:(?:\/\/)?(.+)$/.exec(text);
  // Gunicorn reads unix:8125 as a host of that name.
  if (unix !== null && !/^unix:\d+$/.test(text)) return { path: unix[1]! };
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text);
  if (match === null) return undefined;
  const port = match[3] === undefined ? DEFAULT_PORT : Number(match[3]);
  return port <= 65_535 ? { host: match[1] ?? match[2]!, port } : undefined;
}

/** Hands packets on to one server. */
export class StatsdRelay {
  /** Packets handed on, and packets that could not be. */
  sent = 0;
  failed = 0;

  readonly #target: RelayTarget;
  #fd: number | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #connecting: Promise<void> = Promise.resolve();
  #isClosed = false;

  /**
   * Starts to connect. A server that is not there yet is tried again every 2 s.
   * @throws Error "Cannot relay StatsD to ..." when the target is no address at all
   */
  constructor(target: string) {
    const parsed = parseRelayTarget(target);
    if (parsed === undefined) {
      throw new Error(
        `Cannot relay StatsD to ${target}: it is neither HOST:PORT nor unix://PATH, correct --statsd-host`,
      );
    }
    this.#target = parsed;
    this.#connecting = this.#connect();
  }

  /** Fulfilled when the first attempt to connect has ended, however it ended. */
  get ready(): Promise<void> {
    return this.#connecting;
  }

  /** Hands one packet on. */
  send(packet: Uint8Array<ArrayBuffer>): void {
    // The first send after a refusal only reports that refusal: the packet went nowhere and is sent again.
    if (this.#fd !== undefined && (sendDatagram(this.#fd, packet) || sendDatagram(this.#fd, packet))) {
      this.sent++;
      return;
    }
    this.failed++;
    // A unix socket made anew is another socket; a UDP port stays what it is.
    if (this.#fd === undefined || "path" in this.#target) this.#connectLater();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    await this.#connecting;
    if (this.#fd !== undefined) libc()?.close(this.#fd);
    this.#fd = undefined;
  }

  async #connect(): Promise<void> {
    const target = this.#target;
    const fd = "path" in target ? connectUnix(target.path) : await connectUdp(target.host, target.port);
    if (fd === undefined) return;
    if (this.#fd !== undefined) libc()?.close(this.#fd);
    this.#fd = fd;
  }

  #connectLater(): void {
    if (this.#retry !== undefined || this.#isClosed) return;
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#connecting = this.#connect();
    }, RETRY_MS);
  }
}
