/**
 * Standard error that never blocks, and how much of it and of standard output waits to be read. A full pipe must not stop
 * the autoscaler. gunicorn shares both, so they cannot be made non-blocking.
 */

import { type Libc, libc, MSG_DONTWAIT, MSG_NOSIGNAL } from "./libc.ts";

const STDOUT = 1, STDERR = 2;
const O_WRONLY = 1, O_APPEND = 0o2000, O_NONBLOCK = 0o4000, O_CLOEXEC = 0o2000000;
const POLLOUT = 4;
/** A pipe that is ready takes so many bytes at once. */
const PIPE_BUF = 4096;
const F_GETPIPE_SZ = 1032;
/** Bytes that wait in a pipe, and those of a socket, with the kernel's own around them. */
const FIONREAD = 0x541bn, SIOCOUTQ = 0x5411n;
const SOL_SOCKET = 1, SO_SNDBUF = 7;

/** Writes what is taken now. @returns the bytes taken; 0 when it is full or has no reader */
export type Write = (bytes: Uint8Array<ArrayBuffer>) => number;

/** Writes without blocking; blocks where glibc is absent. */
export function standardError(): Write {
  const c = libc();
  return c === undefined || isFile()
    ? waiting
    : ownDescription(c) ?? ((bytes) => sent(c, bytes) ?? polled(c, bytes));
}

/**
 * gunicorn writes to a file at the offset of the shared description: writes through another description would be
 * overwritten.
 */
function isFile(): boolean {
  try {
    return Deno.statSync(`/proc/self/fd/${STDERR}`).isFile;
  } catch {
    return false;
  }
}

/** A pipe or terminal that is opened again has its own flags. Sockets and another user's pipe cannot be. */
function ownDescription(c: Libc): Write | undefined {
  const path = new TextEncoder().encode(`/proc/self/fd/${STDERR}\0`);
  const fd = c.open(path, O_WRONLY | O_APPEND | O_NONBLOCK | O_CLOEXEC, 0);
  if (fd < 0) return undefined;
  return (bytes) => Math.max(0, Number(c.write(fd, bytes, BigInt(bytes.length))));
}

/** A socket, as under systemd; undefined when it is none, or full. */
function sent(c: Libc, bytes: Uint8Array<ArrayBuffer>): number | undefined {
  const taken = Number(c.send(STDERR, bytes, BigInt(bytes.length), MSG_DONTWAIT | MSG_NOSIGNAL));
  return taken < 0 ? undefined : taken;
}

function polled(c: Libc, bytes: Uint8Array<ArrayBuffer>): number {
  const polled = new Int16Array([STDERR, 0, POLLOUT, 0]);
  if (c.poll(new Uint8Array(polled.buffer), 1n, 0) !== 1) return 0;
  const piece = bytes.slice(0, PIPE_BUF);
  return Math.max(0, Number(c.write(STDERR, piece, BigInt(piece.length))));
}

function waiting(bytes: Uint8Array<ArrayBuffer>): number {
  try {
    return Deno.stderr.writeSync(bytes);
  } catch {
    return 0; // Closed: nothing else can be done.
  }
}

/**
 * The share of what a stream takes that waits to be read where it is a pipe or socket, else 0. Half or more: the reader is
 * slow, or has stopped.
 */
export function unreadShare(fd = STDERR): number {
  const c = libc();
  if (c === undefined) return 0;
  const [waiting, room] = [new Int32Array(1), new Int32Array([c.fcntl(fd, F_GETPIPE_SZ, 0)])];
  const isPipe = room[0]! > 0;
  if (!isPipe) {
    const length = new Uint8Array(new Uint32Array([4]).buffer);
    if (c.getsockopt(fd, SOL_SOCKET, SO_SNDBUF, new Uint8Array(room.buffer), length) !== 0) return 0;
  }
  const asked = c.ioctl(fd, isPipe ? FIONREAD : SIOCOUTQ, new Uint8Array(waiting.buffer));
  return asked === 0 ? waiting[0]! / room[0]! : 0;
}

/** The larger unread share of standard output and error: gunicorn may log to either. */
export function unreadOutput(): number {
  return Math.max(unreadShare(STDOUT), unreadShare(STDERR));
}
