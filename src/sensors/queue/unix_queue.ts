/** The accept queues of unix sockets. Only netlink knows them: /proc/net/unix has no such column. */

import type { SockDiagSocket } from "../../platform/netlink.ts";
import { type ListenRow, parseDiagAnswer, unixListenRequest } from "./sock_diag.ts";

const REQUEST = unixListenRequest();

/** All listening unix sockets of the machine; undefined where the kernel does not tell. */
export function readUnixListeners(diag: SockDiagSocket): ListenRow[] | undefined {
  return readDiag(diag, REQUEST);
}

/** Asks for listening sockets and collects the rows of the answer; undefined when it failed. */
export function readDiag(diag: SockDiagSocket, request: Uint8Array<ArrayBuffer>): ListenRow[] | undefined {
  const rows: ListenRow[] = [];
  let failed = false;
  const ended = diag.ask(request, (bytes, length) => {
    const answer = parseDiagAnswer(bytes, length);
    rows.push(...answer.rows);
    failed ||= answer.failed;
    return answer.done;
  });
  return ended && !failed ? rows : undefined;
}
