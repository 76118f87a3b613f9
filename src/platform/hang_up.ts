/** Ends a TCP connection whose client does not read. */

import { libc } from "./libc.ts";

const SHUT_RDWR = 2;
const AF_INET = 2;
const AF_INET6 = 10;
/** sockaddr_in6 is the longer one; the port is at the same place in both. */
const ADDRESS_BYTES = 28;

/**
 * Closes a connection, and shuts it down in the kernel first: Deno's close waits for a write under way, and a client that
 * never reads would keep the descriptor open. Never throws.
 */
export function hangUp(connection: Deno.Conn): void {
  try {
    const fd = descriptorOf(connection);
    if (fd !== undefined) libc()!.shutdown(fd, SHUT_RDWR);
  } catch {
    // Gone already.
  }
  try {
    connection.close();
  } catch {
    // Closed already.
  }
}

/** The descriptor of a TCP connection, found by its two ports; undefined without libc, and for unix sockets. */
function descriptorOf(connection: Deno.Conn): number | undefined {
  const { localAddr, remoteAddr } = connection;
  if (libc() === undefined || localAddr.transport !== "tcp" || remoteAddr.transport !== "tcp") {
    return undefined;
  }
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    const fd = Number(name);
    if (portOf(fd, "getpeername") === remoteAddr.port && portOf(fd, "getsockname") === localAddr.port) {
      return fd;
    }
  }
  return undefined;
}

function portOf(fd: number, call: "getpeername" | "getsockname"): number | undefined {
  const address = new Uint8Array(ADDRESS_BYTES);
  const length = new Uint8Array(new Uint32Array([ADDRESS_BYTES]).buffer);
  if (libc()![call](fd, address, length) !== 0) return undefined;
  const view = new DataView(address.buffer);
  const family = view.getUint16(0, true);
  return family === AF_INET || family === AF_INET6 ? view.getUint16(2, false) : undefined;
}
