/**
 * Connections that wait in the kernel to be accepted by gunicorn: for sync workers exactly the requests that no worker
 * has taken yet, for others a sign of a blocked loop.
 *
 * netlink's inet_diag lists listening sockets alone, in 20 us. Without netlink /proc/net/tcp and tcp6 are read: they list
 * them first, so their first 4 KiB are enough, but the kernel may walk its whole table of connections (2 ms with much
 * memory).
 */

import { SockDiagSocket } from "../../platform/netlink.ts";
import type { Maybe } from "../../core/sample.ts";
import { Listeners } from "./listeners.ts";
import { type ListenRow, tcpListenRequest } from "./sock_diag.ts";
import { parseSocketTable, TCP_LISTEN } from "./socket_table.ts";
import { readDiag, readUnixListeners } from "./unix_queue.ts";

/** How long the set of gunicorn's listeners is taken as it is: a reload may have changed the bind addresses. */
const LOOK_AGAIN_MS = 5_000;
/** While none is found, or others than at the last look: gunicorn is still opening them. */
const LOOK_AGAIN_SOON_MS = 200;

const TCP4 = tcpListenRequest(4);
const TCP6 = tcpListenRequest(6);

/** Counts them, for one gunicorn. */
export class AcceptQueue {
  readonly #root: string;
  readonly #diag: SockDiagSocket | undefined;
  #listeners: Listeners | undefined;
  #lookAgainAtMs = -Infinity;
  /** Whether any of our listeners is of IPv4, or IPv6: the other table need not be asked for in between. */
  #isFour = true;
  #isSix = true;

  /** @param root stands before /proc; netlink is asked only without one */
  constructor(root = "") {
    this.#root = root === "/" ? "" : root;
    this.#diag = this.#root === "" ? new SockDiagSocket() : undefined;
  }

  /**
   * Connections waiting at all of gunicorn's listeners together; "unknown" while none of them is found or where the
   * kernel does not tell.
   */
  read(masterPid: number, workerPids: readonly number[], nowMs: number): Maybe<number> {
    const looksAgain = this.#listeners === undefined || nowMs >= this.#lookAgainAtMs;
    const { four, six } = this.#tcpRows(looksAgain);
    const tcp = four === undefined && six === undefined ? undefined : [...four ?? [], ...six ?? []];
    if (this.#listeners === undefined || looksAgain) {
      const unix = this.#unixRows() ?? [];
      const before = this.#listeners;
      const ours = this.#listeners = new Listeners(tcp ?? [], unix, masterPid, workerPids, this.#root);
      const isSettled = ours.found && before?.equals(ours);
      this.#lookAgainAtMs = nowMs + (isSettled ? LOOK_AGAIN_MS : LOOK_AGAIN_SOON_MS);
      this.#isFour = four?.some((row) => ours.has(row)) ?? false;
      this.#isSix = six?.some((row) => ours.has(row)) ?? false;
    }
    const listeners = this.#listeners;
    const unix = listeners.unixInodes.size > 0 ? this.#unixRows() : undefined;
    if (tcp === undefined && unix === undefined) return "unknown";
    let found = false;
    let queued = 0;
    for (const rows of [tcp, unix]) {
      for (const row of rows ?? []) {
        if (!listeners.has(row)) continue;
        found = true;
        queued += row.queued;
      }
    }
    // All gone: rebound, or on the way out. Whatever they are now is looked up next time.
    if (!found) this.#lookAgainAtMs = Math.min(this.#lookAgainAtMs, nowMs + LOOK_AGAIN_SOON_MS);
    return found ? queued : "unknown";
  }

  /** Whether the master still listens, by what it was last found to listen on; undefined where that is not known. */
  isHeldBy(masterPid: number): boolean | undefined {
    return this.#listeners?.areHeldBy(masterPid, this.#root);
  }

  close(): void {
    this.#diag?.close();
  }

  #tcpRows(both: boolean): { readonly four: ListenRow[] | undefined; readonly six: ListenRow[] | undefined } {
    if (this.#diag !== undefined) {
      const four = both || this.#isFour ? readDiag(this.#diag, TCP4) : undefined;
      const six = both || this.#isSix ? readDiag(this.#diag, TCP6) : undefined;
      if (four !== undefined || six !== undefined || (!both && !this.#isFour && !this.#isSix)) {
        return { four, six };
      }
    }
    return {
      four: readListenRows(`${this.#root}/proc/net/tcp`),
      six: readListenRows(`${this.#root}/proc/net/tcp6`),
    };
  }

  #unixRows(): ListenRow[] | undefined {
    return this.#diag === undefined ? undefined : readUnixListeners(this.#diag);
  }
}

const PIECE_BYTES = 4096;
/** A line has 150 bytes. A piece with room for two more was the last. */
const FULL_BYTES = PIECE_BYTES - 300;
const MOST_PIECES = 64;
const decoder = new TextDecoder();

/** The LISTEN lines of /proc/net/tcp or tcp6, which come first; undefined when the file cannot be read. */
export function readListenRows(path: string): ListenRow[] | undefined {
  const rows: ListenRow[] = [];
  const piece = new Uint8Array(PIECE_BYTES);
  let text = "";
  try {
    using file = Deno.openSync(path, { read: true });
    for (let i = 0; i < MOST_PIECES; i++) {
      const length = file.readSync(piece) ?? 0;
      text += decoder.decode(piece.subarray(0, length));
      // A line that continues in the next piece waits for it.
      const end = length < FULL_BYTES ? text.length : text.lastIndexOf("\n") + 1;
      const found = parseSocketTable(text.slice(0, end));
      text = text.slice(end);
      for (const { state, inode, localAddress, localPort, rxQueue } of found) {
        if (state !== TCP_LISTEN) continue;
        rows.push({ inode, address: localAddress, port: localPort, queued: rxQueue });
      }
      if (length < FULL_BYTES || found.some((row) => row.state !== TCP_LISTEN)) break;
    }
  } catch {
    return undefined;
  }
  return rows;
}
