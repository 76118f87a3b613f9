/** Connected datagram sockets through libc: one system call a packet, and unix sockets without a file of our own. */

import { libc, MSG_DONTWAIT, MSG_NOSIGNAL, SOCK_CLOEXEC } from "./libc.ts";

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
/** sun_path has 108 bytes, the last of them for the end. */
const LONGEST_PATH = 107;

/** struct addrinfo on 64 bits: flags, family, socktype, protocol, addrlen (4 bytes each), 4 bytes of padding ... */
const HINTS_BYTES = 48;
const FAMILY_AT = 4, SOCKTYPE_AT = 8, ADDRLEN_AT = 16, ADDR_AT = 24, NEXT_AT = 40;

/**
 * A UDP socket connected to HOST:PORT; the name is looked up as every program on the machine does.
 * @returns a descriptor for `sendDatagram`; undefined when the name is not known or nothing can be reached
 */
export async function connectUdp(host: string, port: number): Promise<number | undefined> {
  const c = libc();
  if (c === undefined) return undefined;
  const hints = new Uint8Array(HINTS_BYTES);
  hints[SOCKTYPE_AT] = SOCK_DGRAM;
  const found = new BigUint64Array(1);
  if (await c.getaddrinfo(cString(host), cString(String(port)), hints, new Uint8Array(found.buffer)) !== 0) {
    return undefined;
  }
  const first = Deno.UnsafePointer.create(found[0]!);
  let fd: number | undefined;
  for (let at = first; at !== null && fd === undefined;) {
    const info = new Deno.UnsafePointerView(at);
    const address = info.getPointer(ADDR_AT);
    if (address !== null) {
      const bytes = new Deno.UnsafePointerView(address).getArrayBuffer(info.getUint32(ADDRLEN_AT)).slice(0);
      fd = connected(info.getInt32(FAMILY_AT), new Uint8Array(bytes));
    }
    at = info.getPointer(NEXT_AT);
  }
  c.freeaddrinfo(first);
  return fd;
}

/**
 * A datagram socket connected to the unix socket at this path, or, where that begins with @, of this abstract name;
 * undefined when no process listens there.
 */
export function connectUnix(path: string): number | undefined {
  const name = new TextEncoder().encode(path);
  if (name.length > LONGEST_PATH) return undefined;
  const isAbstract = path.startsWith("@");
  const address = new Uint8Array(2 + (isAbstract ? name.length : LONGEST_PATH + 1));
  address[0] = AF_UNIX;
  address.set(name, 2);
  if (isAbstract) address[2] = 0; // the name begins with a zero byte and goes to the end of the address
  return connected(AF_UNIX, address);
}

/** Closes such a socket. */
export function closeDatagram(fd: number): void {
  libc()?.close(fd);
}

/** Sends one packet; false when it could not go now. Never waits. */
export function sendDatagram(fd: number, packet: Uint8Array<ArrayBuffer>): boolean {
  const c = libc();
  return c !== undefined &&
    Number(c.send(fd, packet, BigInt(packet.length), MSG_DONTWAIT | MSG_NOSIGNAL)) >= 0;
}

function connected(family: number, address: Uint8Array<ArrayBuffer>): number | undefined {
  const c = libc();
  const fd = c?.socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (c === undefined || fd === undefined || fd < 0) return undefined;
  if (c.connect(fd, address, address.length) === 0) return fd;
  c.close(fd);
  return undefined;
}

function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${text}\0`);
}
