/**
 * The UDP socket that StatsD packets come to.
 *
 * Deno opens it. Where libc is at hand we then keep a second descriptor of the socket and close Deno's: every packet
 * on a socket of Deno's wakes the event loop (1,500 packets/s cost 3.5 % of a core), while a plain recv in a loop takes
 * 1 us a packet whenever it suits us: before each decision, and at a pace between that follows the traffic. Each
 * drain takes a bounded number of packets, so under a flood decisions keep their time and the kernel drops the rest,
 * which is counted. Without libc Deno's own receive does the work, with a breath for the event loop every so often.
 */

import { delay } from "@std/async/delay";
import { UserError, whyNotListening } from "../../error_text.ts";
import { duplicate, libc, MSG_DONTWAIT, receiveDrops, setReceiveBuffer } from "../../platform/libc.ts";
import type { Maybe } from "../../core/sample.ts";
import { addressText } from "../../settings/setting_types.ts";
import { parseSocketTable } from "../queue/socket_table.ts";
import { parseStatsdPacket } from "./statsd_line.ts";
import type { StatsdWindow } from "./statsd_window.ts";
import { readLink, readNames, readText, socketInode } from "../text_file.ts";

/** Where to listen, and how. */
export interface StatsdListenerOptions {
  readonly hostname: string;
  /** 0 for any free one; `listener.port` tells which. */
  readonly port: number;
  /** Called with each packet as it came, in a buffer that is used again afterwards. Must not throw. */
  readonly onPacket?: ((packet: Uint8Array<ArrayBuffer>) => void) | undefined;
  /** Use Deno's receive even where libc is at hand. */
  readonly withoutLibc?: boolean;
}

const BUFFER_BYTES = 4 * 1024 * 1024;
/** At most so many packets in one go: about 1 ms. */
const PACKETS_A_DRAIN = 1024;
/** The pause between two drains, halved when many packets had come and doubled when few had. */
const SHORTEST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 50;
const MANY = 64;
const FEW = 16;
/** In Deno's own receive loop: packets between two breaths. */
const PACKETS_A_BREATH = 256;

/** Hears StatsD, from its making to its close. */
export class StatsdListener {
  readonly port: number;
  /** Packets received since the start. */
  packets = 0;

  readonly #window: StatsdWindow;
  readonly #onPacket: ((packet: Uint8Array<ArrayBuffer>) => void) | undefined;
  readonly #buffer = new Uint8Array(65536);
  #source: { readonly fd: number } | { readonly socket: Deno.DatagramConn } | "closed";
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pauseMs = LONGEST_PAUSE_MS;
  #ended: Promise<void> = Promise.resolve();

  /**
   * Opens the socket and starts to listen; packets are added to `window`.
   * @throws UserError "Cannot listen for StatsD on HOST:PORT: ..." when the port is taken or not allowed
   */
  constructor(options: StatsdListenerOptions, window: StatsdWindow) {
    this.#window = window;
    this.#onPacket = options.onPacket;
    const socket = bind(options.hostname, options.port);
    this.port = (socket.addr as Deno.NetAddr).port;
    const fd = options.withoutLibc === true ? undefined : ownDescriptor(this.port);
    if (fd === undefined) {
      this.#source = { socket };
      this.#ended = this.#receive(socket);
    } else {
      socket.close();
      setReceiveBuffer(fd, BUFFER_BYTES);
      this.#source = { fd };
      this.#drainLater();
    }
  }

  /** Datagrams the kernel dropped because we did not take them in time, since the start. */
  get drops(): Maybe<number> {
    if (this.#source !== "closed" && "fd" in this.#source) {
      const drops = receiveDrops(this.#source.fd);
      if (drops !== undefined) return drops;
    }
    return dropsOf(this.port) ?? "unknown";
  }

  /** Takes the packets that have come by now; called before each decision, so that it knows the latest. */
  drain(): number {
    if (this.#source === "closed" || "socket" in this.#source) return 0;
    const c = libc()!;
    const fd = this.#source.fd;
    const size = BigInt(this.#buffer.length);
    let taken = 0;
    while (taken < PACKETS_A_DRAIN) {
      const length = Number(c.recv(fd, this.#buffer, size, MSG_DONTWAIT));
      if (length < 0) break;
      taken++;
      this.#take(length);
    }
    if (taken > MANY) this.#pauseMs = Math.max(SHORTEST_PAUSE_MS, this.#pauseMs / 2);
    else if (taken < FEW) this.#pauseMs = Math.min(LONGEST_PAUSE_MS, this.#pauseMs * 2);
    return taken;
  }

  /** Closes the socket and ends the loop; nothing is left when the promise is fulfilled. */
  async close(): Promise<void> {
    const source = this.#source;
    this.#source = "closed";
    clearTimeout(this.#timer);
    if (source === "closed") return;
    if ("fd" in source) libc()!.close(source.fd);
    else source.socket.close();
    await this.#ended;
  }

  #take(length: number): void {
    this.packets++;
    parseStatsdPacket(this.#buffer, length, this.#window);
    this.#onPacket?.(this.#buffer.subarray(0, length));
  }

  #drainLater(): void {
    this.#timer = setTimeout(() => {
      this.drain();
      this.#drainLater();
    }, this.#pauseMs);
  }

  async #receive(socket: Deno.DatagramConn): Promise<void> {
    while (this.#source !== "closed") {
      try {
        const [packet] = await socket.receive(this.#buffer);
        this.#take(packet.length);
        if (this.packets % PACKETS_A_BREATH !== 0) continue;
      } catch {
        // Closed: the loop's condition ends it. Anything else may pass, and must not spin.
      }
      await delay(1);
    }
  }
}

function bind(hostname: string, port: number): Deno.DatagramConn {
  try {
    return Deno.listenDatagram({ transport: "udp", hostname, port });
  } catch (error) {
    const address = addressText({ host: hostname, port });
    throw new UserError(
      `Cannot listen for StatsD on ${address}: ${whyNotListening(error)}, ` +
        "set --statsd-addr to a free address of this machine",
      { cause: error },
    );
  }
}

/** A descriptor of our own for the socket that Deno has just bound to this port. */
function ownDescriptor(port: number): number | undefined {
  if (libc() === undefined) return undefined;
  const inodes = new Set(udpRows(port).map((row) => row.inode));
  for (const name of readNames("/proc/self/fd")) {
    const inode = socketInode(readLink(`/proc/self/fd/${name}`) ?? "");
    if (inode !== undefined && inodes.has(inode)) return duplicate(Number(name));
  }
  return undefined;
}

function dropsOf(port: number): number | undefined {
  const rows = udpRows(port);
  return rows.length === 0 ? undefined : rows.reduce((sum, row) => sum + row.drops, 0);
}

function udpRows(port: number) {
  return ["/proc/net/udp", "/proc/net/udp6"]
    .flatMap((path) => parseSocketTable(readText(path) ?? ""))
    .filter((row) => row.localPort === port);
}
