/** A netlink socket to the kernel's sock_diag, through libc. */

import { libc, MSG_DONTWAIT, SOCK_CLOEXEC } from "./libc.ts";

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const NETLINK_SOCK_DIAG = 4;

/** The kernel sends at most this much in one datagram of a dump. */
const ANSWER_BYTES = 32 * 1024;
const answer = new Uint8Array(ANSWER_BYTES);
/** A dump of more datagrams is not waited for: 10,000 listening sockets fit. */
const MOST_DATAGRAMS = 64;

/** Opened when first asked, and anew after a failure: the rest of a broken answer must not be read as the next. */
export class SockDiagSocket {
  #fd: number | undefined;

  /**
   * Sends a request and hands each datagram of the answer to `take` until that says it was the last. The kernel answers
   * while we send, so nothing here waits: 20 us for a machine with few listeners.
   * @param take gets a buffer that is used again afterwards; true ends the reading
   * @returns false when there is no such socket here (no libc, a sandbox), or the answer did not end
   */
  ask(request: Uint8Array<ArrayBuffer>, take: (bytes: Uint8Array, length: number) => boolean): boolean {
    const c = libc();
    if (c === undefined) return false;
    this.#fd ??= c.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (Number(c.send(this.#fd, request, BigInt(request.length), MSG_DONTWAIT)) === request.length) {
      for (let i = 0; i < MOST_DATAGRAMS; i++) {
        const length = Number(c.recv(this.#fd, answer, BigInt(ANSWER_BYTES), MSG_DONTWAIT));
        if (length <= 0) break;
        if (take(answer, length)) return true;
      }
    }
    this.close();
    return false;
  }

  close(): void {
    if (this.#fd !== undefined && this.#fd >= 0) libc()?.close(this.#fd);
    this.#fd = undefined;
  }
}
