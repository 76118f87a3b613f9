/**
 * Hands StatsD packets on, unchanged, to the server that the user's own --statsd-host names: where gunicorn's StatsD
 * comes to us, that server must not notice. Like StatsD itself it never waits and never fails: what could not be sent
 * is counted.
 */

import { UserError } from "../../error_text.ts";
import { closeDatagram, connectUdp, connectUnix, sendDatagram } from "../../platform/datagram.ts";

/** Where packets go: UDP, or a unix socket. */
export type RelayTarget = { readonly host: string; readonly port: number } | { readonly path: string };

/** StatsD's port, which gunicorn takes too when none is given. */
const DEFAULT_PORT = 8125;
/** A server that is not there is looked for again after so long. */
const RETRY_MS = 2_000;
/** A unix socket takes ten packets or so, then its server must read: the others wait, in order, and are tried again. */
const FULL_MS = 2;
const STUCK_MS = 50;
const MOST_WAITING_BYTES = 1_048_576;

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
  readonly #connectUdp: typeof connectUdp;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #isConnecting = false;
  #isClosed = false;
  readonly #waiting: Uint8Array<ArrayBuffer>[] = [];
  #waitingBytes = 0;
  #again: ReturnType<typeof setTimeout> | undefined;
  /** Fulfilled when the first attempt to connect has ended, however it ended. */
  readonly ready: Promise<void>;

  /**
   * Starts to connect. A server that is not there yet is tried again every 2 s.
   * @throws UserError "Cannot relay StatsD to ..." when the target is no address at all
   */
  constructor(target: string, connect = connectUdp) {
    const parsed = parseRelayTarget(target);
    if (parsed === undefined) {
      throw new UserError(
        `Cannot relay StatsD to ${target}: it is neither HOST:PORT nor unix://PATH, correct --statsd-host`,
      );
    }
    this.#target = parsed;
    this.#connectUdp = connect;
    this.ready = this.#connect();
  }

  /** Hands one packet on. */
  send(packet: Uint8Array<ArrayBuffer>): void {
    if (this.#waiting.length > 0 || !this.#handOn(packet)) this.#wait(packet);
  }

  #handOn(packet: Uint8Array<ArrayBuffer>): boolean {
    // The first send after a refusal only reports that refusal: the packet went nowhere and is sent again.
    if (this.#fd !== undefined && (sendDatagram(this.#fd, packet) || sendDatagram(this.#fd, packet))) {
      this.sent++;
      return true;
    }
    // A unix socket made anew is another socket; a UDP port stays what it is.
    if (this.#fd === undefined || "path" in this.#target) this.#connectLater();
    return false;
  }

  #wait(packet: Uint8Array<ArrayBuffer>): void {
    const bytes = this.#waitingBytes + packet.length;
    if (this.#fd === undefined || !("path" in this.#target) || bytes > MOST_WAITING_BYTES) {
      this.failed++;
      return;
    }
    this.#waitingBytes = bytes;
    this.#waiting.push(packet.slice()); // its buffer is used again
    this.#again ??= setTimeout(() => this.#handOnWaiting(), FULL_MS);
  }

  #handOnWaiting(): void {
    let handed = 0;
    while (handed < this.#waiting.length && this.#handOn(this.#waiting[handed]!)) handed++;
    for (const packet of this.#waiting.splice(0, handed)) this.#waitingBytes -= packet.length;
    const pauseMs = handed > 0 ? FULL_MS : STUCK_MS;
    this.#again = this.#waiting.length === 0 ? undefined : setTimeout(() => this.#handOnWaiting(), pauseMs);
  }

  /** Waits for nothing: a name server that does not answer takes as long as it likes to give up. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    clearTimeout(this.#again);
    this.#use(undefined);
  }

  async #connect(): Promise<void> {
    const target = this.#target;
    this.#isConnecting = true;
    const fd = "path" in target ? connectUnix(target.path) : await this.#connectUdp(target.host, target.port);
    this.#isConnecting = false;
    if (fd !== undefined) this.#use(fd);
    if (this.#isClosed) this.#use(undefined);
  }

  #use(fd: number | undefined): void {
    this.failed += this.#waiting.splice(0).length; // what waits for a server that has gone is of the past
    this.#waitingBytes = 0;
    if (this.#fd !== undefined) closeDatagram(this.#fd);
    this.#fd = fd;
  }

  #connectLater(): void {
    if (this.#retry !== undefined || this.#isConnecting || this.#isClosed) return;
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      void this.#connect();
    }, RETRY_MS);
  }
}
