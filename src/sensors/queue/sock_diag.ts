/**
 * Requests and answers of the kernel's sock_diag (NETLINK_SOCK_DIAG), as bytes: which sockets listen, and how many
 * connections wait in each. Formats: linux/netlink.h, linux/sock_diag.h, linux/inet_diag.h, linux/unix_diag.h.
 * Numbers are in the machine's order (little-endian here) but for ports.
 */

import { TCP_LISTEN } from "./socket_table.ts";

/** A listening socket and its accept queue. */
export interface ListenRow {
  /** As in the socket:[inode] links of /proc/PID/fd. */
  readonly inode: number;
  /** 0 for unix sockets. */
  readonly port: number;
  /** The address as /proc/net/tcp has it, to be compared; empty for unix sockets. Example: "0100007F" is 127.0.0.1. */
  readonly address: string;
  /** Connections that wait to be accepted. */
  readonly queued: number;
}

/** What a datagram of the answer held; `done` when it was the last. */
export interface DiagAnswer {
  readonly rows: ListenRow[];
  readonly done: boolean;
  /** The kernel refused (no such module, no permission). */
  readonly failed: boolean;
}

const HEADER_BYTES = 16;
const NLMSG_ERROR = 2, NLMSG_DONE = 3, SOCK_DIAG_BY_FAMILY = 20;
const NLM_F_REQUEST = 1, NLM_F_DUMP = 0x300;
const AF_UNIX = 1, AF_INET = 2, AF_INET6 = 10;
const IPPROTO_TCP = 6;
const UDIAG_SHOW_RQLEN = 0x10, UNIX_DIAG_RQLEN = 4;

/** The request for all listening TCP sockets of IPv4 or IPv6 in our network namespace. */
export function tcpListenRequest(version: 4 | 6): Uint8Array<ArrayBuffer> {
  const { bytes, view } = message(56);
  bytes[HEADER_BYTES] = version === 4 ? AF_INET : AF_INET6;
  bytes[HEADER_BYTES + 1] = IPPROTO_TCP;
  view.setUint32(HEADER_BYTES + 4, 1 << TCP_LISTEN, true);
  return bytes;
}

/** The request for all listening unix sockets with the lengths of their queues. */
export function unixListenRequest(): Uint8Array<ArrayBuffer> {
  const { bytes, view } = message(24);
  bytes[HEADER_BYTES] = AF_UNIX;
  view.setUint32(HEADER_BYTES + 4, 1 << TCP_LISTEN, true);
  view.setUint32(HEADER_BYTES + 12, UDIAG_SHOW_RQLEN, true);
  return bytes;
}

function message(bodyBytes: number): { bytes: Uint8Array<ArrayBuffer>; view: DataView } {
  const bytes = new Uint8Array(HEADER_BYTES + bodyBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, SOCK_DIAG_BY_FAMILY, true);
  view.setUint16(6, NLM_F_REQUEST | NLM_F_DUMP, true);
  return { bytes, view };
}

/** Reads one datagram of an answer. Whatever does not fit its own lengths ends the reading. */
export function parseDiagAnswer(bytes: Uint8Array, length: number): DiagAnswer {
  const rows: ListenRow[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, Math.min(length, bytes.length));
  let at = 0;
  while (at + HEADER_BYTES <= view.byteLength) {
    const size = view.getUint32(at, true);
    const type = view.getUint16(at + 4, true);
    if (size < HEADER_BYTES || at + size > view.byteLength) return { rows, done: true, failed: true };
    if (type === NLMSG_DONE) return { rows, done: true, failed: false };
    if (type === NLMSG_ERROR) return { rows, done: true, failed: true };
    if (type === SOCK_DIAG_BY_FAMILY && size > HEADER_BYTES) {
      const row = view.getUint8(at + HEADER_BYTES) === AF_UNIX
        ? unixRow(view, at, size)
        : inetRow(view, at, size);
      if (row !== undefined) rows.push(row);
    }
    at += (size + 3) & ~3;
  }
  return { rows, done: false, failed: false };
}

/**
 * struct inet_diag_msg: family, state, .., source port (big-endian) at 4, source address at 8, rqueue at 56,
 * inode at 68.
 */
function inetRow(view: DataView, at: number, size: number): ListenRow | undefined {
  const body = at + HEADER_BYTES;
  if (size < HEADER_BYTES + 72 || view.getUint8(body + 1) !== TCP_LISTEN) return undefined;
  return {
    inode: view.getUint32(body + 68, true),
    port: view.getUint16(body + 4, false),
    address: addressAt(view, body),
    queued: view.getUint32(body + 56, true),
  };
}

/** One word for IPv4, four for IPv6, from 8 on. */
function addressAt(view: DataView, body: number): string {
  const words = view.getUint8(body) === AF_INET ? 1 : 4;
  let text = "";
  for (let i = 0; i < words; i++) {
    text += view.getUint32(body + 8 + 4 * i, true).toString(16).padStart(8, "0");
  }
  return text.toUpperCase();
}

/** struct unix_diag_msg: family, type, state, pad, inode at 4; attributes from 16 on. */
function unixRow(view: DataView, at: number, size: number): ListenRow | undefined {
  const body = at + HEADER_BYTES;
  if (size < HEADER_BYTES + 16 || view.getUint8(body + 2) !== TCP_LISTEN) return undefined;
  const inode = view.getUint32(body + 4, true);
  for (let attribute = body + 16; attribute + 4 <= at + size;) {
    const length = view.getUint16(attribute, true);
    if (length < 4 || attribute + length > at + size) return undefined;
    if (view.getUint16(attribute + 2, true) === UNIX_DIAG_RQLEN && length >= 8) {
      return { inode, port: 0, address: "", queued: view.getUint32(attribute + 4, true) };
    }
    attribute += (length + 3) & ~3;
  }
  return undefined;
}
