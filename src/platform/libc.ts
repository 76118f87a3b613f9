/**
 * Calls that Deno lacks, through FFI to glibc. Where FFI or glibc is absent
 * every function returns that it failed and the caller takes a slower way. Linux only.
 */

const SYMBOLS = {
  clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  send: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
  recv: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  open: { parameters: ["buffer", "i32", "i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  poll: { parameters: ["buffer", "usize", "i32"], result: "i32" },
  madvise: { parameters: ["usize", "usize", "i32"], result: "i32" },
  malloc_trim: { parameters: ["usize"], result: "i32" },
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  ioctl: { parameters: ["i32", "usize", "buffer"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  shutdown: { parameters: ["i32", "i32"], result: "i32" },
  getpeername: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  prctl: { parameters: ["i32", "usize", "usize", "usize", "usize"], result: "i32" },
  pthread_sigmask: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  waitid: { parameters: ["i32", "u32", "buffer", "i32"], result: "i32" },
  waitpid: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  // May ask a name server: on a thread of its own.
  getaddrinfo: { parameters: ["buffer", "buffer", "buffer", "buffer"], result: "i32", nonblocking: true },
  freeaddrinfo: { parameters: ["pointer"], result: "void" },
} as const satisfies Deno.ForeignLibraryInterface;

/** The C functions, by their own names. */
export type Libc = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

// Opened as the module loads: it is never closed, and a test that opened it on the way would be said to leak it.
const opened: Libc | undefined = open();

function open(): Libc | undefined {
  try {
    return Deno.dlopen("libc.so.6", SYMBOLS).symbols;
  } catch {
    return undefined;
  }
}

/** glibc's functions; undefined where FFI or glibc is absent. */
export function libc(): Libc | undefined {
  return opened;
}

/** socket type flag: not inherited by programs we start. */
export const SOCK_CLOEXEC = 0o2000000;
/** recv/send flag: give up instead of waiting. */
export const MSG_DONTWAIT = 0x40;
/** send flag: an error rather than SIGPIPE. */
export const MSG_NOSIGNAL = 0x4000;

const CLOCK_MONOTONIC = 1;
const timespec = new BigInt64Array(2);
const timespecBytes = new Uint8Array(timespec.buffer);

/** CLOCK_MONOTONIC minus performance.now(), ns, where there is no clock_gettime. */
let offsetNs: number | undefined;

/**
 * CLOCK_MONOTONIC in ns: the clock of Python's time.monotonic_ns(), so that it compares with the times in the slots.
 * 0.1 us a call. A number is exact to 2 ns until 208 days of uptime, to 4 ns until 416 days.
 *
 * Without FFI it is performance.now() moved by what /proc/uptime said at first: right within about 10 ms. Where that
 * cannot be read either it begins at 0, and no slot can be believed.
 */
export function monotonicNs(): number {
  const c = libc();
  if (c !== undefined && c.clock_gettime(CLOCK_MONOTONIC, timespecBytes) === 0) {
    return Number(timespec[0]) * 1e9 + Number(timespec[1]);
  }
  offsetNs ??= uptimeNs() - performance.now() * 1e6;
  return Math.round(performance.now() * 1e6 + offsetNs);
}

function uptimeNs(): number {
  try {
    return Math.round(Number(Deno.readTextFileSync("/proc/uptime").split(" ")[0]) * 1e9) || 0;
  } catch {
    return 0;
  }
}

const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;
const SO_MEMINFO = 55;
const SK_MEMINFO_DROPS = 8;

/**
 * Asks for a receive buffer of so many bytes. SO_RCVBUFFORCE passes net.core.rmem_max but needs CAP_NET_ADMIN;
 * without it the kernel cuts the size to rmem_max.
 * @returns the bytes the kernel now grants (it doubles what it is asked for), undefined where nothing could be set
 */
export function setReceiveBuffer(fd: number, bytes: number): number | undefined {
  const c = libc();
  if (c === undefined) return undefined;
  const value = new Int32Array([bytes]);
  const raw = new Uint8Array(value.buffer);
  if (c.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, raw, 4) !== 0) {
    if (c.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, raw, 4) !== 0) return undefined;
  }
  const size = new Uint8Array(new Uint32Array([4]).buffer);
  return c.getsockopt(fd, SOL_SOCKET, SO_RCVBUF, raw, size) === 0 ? value[0] : undefined;
}

/** Datagrams the kernel dropped at this socket since it was made (32 bits, wraps); undefined where it does not tell. */
export function receiveDrops(fd: number): number | undefined {
  const info = new Uint32Array(16);
  const size = new Uint32Array([info.byteLength]);
  const failed = libc()?.getsockopt(
    fd,
    SOL_SOCKET,
    SO_MEMINFO,
    new Uint8Array(info.buffer),
    new Uint8Array(size.buffer),
  );
  return failed === 0 && size[0]! > 4 * SK_MEMINFO_DROPS ? info[SK_MEMINFO_DROPS] : undefined;
}

const F_DUPFD_CLOEXEC = 1030;

/** A second descriptor of the same open file, not inherited by programs we start; undefined on failure. */
export function duplicate(fd: number): number | undefined {
  const copy = libc()?.fcntl(fd, F_DUPFD_CLOEXEC, 3);
  return copy !== undefined && copy >= 0 ? copy : undefined;
}

const PR_SET_CHILD_SUBREAPER = 36;

/** Makes orphaned descendants our children, as those of PID 1, so that `reapOrphans` reaps them. False on failure. */
export function setChildSubreaper(): boolean {
  return libc()?.prctl(PR_SET_CHILD_SUBREAPER, 1n, 0n, 0n, 0n) === 0;
}

const SIG_UNBLOCK = 1;

/** Unblocks signals, by their numbers, in this thread: it has them delivered, and starts programs. False on failure. */
export function unblockSignals(numbers: readonly number[]): boolean {
  const set = new BigUint64Array(16);
  for (const number of numbers) set[0]! |= 1n << BigInt(number - 1);
  return libc()?.pthread_sigmask(SIG_UNBLOCK, new Uint8Array(set.buffer), null) === 0;
}

const P_ALL = 0;
const WNOHANG = 1;
const WEXITED = 4;
const WNOWAIT = 0x1000000;
/** Where si_pid stands in siginfo_t, in 4-byte words: after signo, errno, code and, on 64 bits, padding. */
const SI_PID = 4;

/** The wait status of a child that has ended; "running", or undefined where there is none to wait for. */
export function reapChild(pid: number): number | "running" | undefined {
  const status = new Int32Array(1);
  const found = libc()?.waitpid(pid, new Uint8Array(status.buffer), WNOHANG);
  if (found === 0) return "running";
  return found === pid ? status[0] : undefined;
}

/**
 * Reaps dead children, except those whose owner waits for them (what Deno.Command started: taking its status away
 * would leave `child.status` waiting for ever). It looks before it takes, and stops at the first that is not ours to
 * take; the next call goes on from there.
 * @returns the pids reaped
 */
export function reapOrphans(exceptPids: ReadonlySet<number>): number[] {
  const reaped: number[] = [];
  const c = libc();
  if (c === undefined) return reaped;
  const info = new Int32Array(32);
  const infoBytes = new Uint8Array(info.buffer);
  while (c.waitid(P_ALL, 0, infoBytes, WEXITED | WNOHANG | WNOWAIT) === 0) {
    const pid = info[SI_PID]!;
    if (pid <= 0 || exceptPids.has(pid)) break;
    if (c.waitpid(pid, null, WNOHANG) !== pid) break;
    reaped.push(pid);
    info.fill(0);
  }
  return reaped;
}
