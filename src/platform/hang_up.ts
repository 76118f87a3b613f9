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

/** The descriptor of a TCP connection, found by its two ends; undefined without libc, and for unix sockets. */
function descriptorOf(connection: Deno.Conn): number | undefined {
  const { localAddr, remoteAddr } = connection;
  if (libc() === undefined || localAddr.transport !== "tcp" || remoteAddr.transport !== "tcp") {
    return undefined;
  }
  const [here, there] = [endOf(localAddr), endOf(remoteAddr)];
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    const fd = Number(name);
    if (endAt(fd, "getpeername") === there && endAt(fd, "getsockname") === here) return fd;
  }
  return undefined;
}

/** Address and port in one spelling. A link-local address stands without its interface. */
function endOf({ hostname, port }: Deno.NetAddr): string {
  const [address = ""] = hostname.split("%");
  return new URL(`http://${address.includes(":") ? `[${address}]` : address}`).host + ` ${port}`;
}

function endAt(fd: number, call: "getpeername" | "getsockname"): string | undefined {
  const address = new Uint8Array(ADDRESS_BYTES);
  const length = new Uint8Array(new Uint32Array([ADDRESS_BYTES]).buffer);
  if (libc()![call](fd, address, length) !== 0) return undefined;
  const view = new DataView(address.buffer);
  const family = view.getUint16(0, true);
  const port = view.getUint16(2, false);
  if (family === AF_INET) {
    return endOf({ transport: "tcp", hostname: address.subarray(4, 8).join("."), port });
  }
  if (family !== AF_INET6) return undefined;
  const groups = Array.from({ length: 8 }, (_, i) => view.getUint16(8 + 2 * i, false).toString(16));
  return endOf({ transport: "tcp", hostname: groups.join(":"), port });
}
