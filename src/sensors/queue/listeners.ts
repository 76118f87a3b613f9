/** Which listening sockets are gunicorn's: the sockets that its master, or with reuse_port its workers, hold open. */

import type { ListenRow } from "./sock_diag.ts";
import { readLink, readNames, socketInode } from "../text_file.ts";

/** A process with more descriptors than this has most of them for connections; listeners come first. */
const MOST_DESCRIPTORS = 1_000;
/** With reuse_port each worker has its own sockets on the same ports: a few workers show all ports. */
const WORKERS_LOOKED_AT = 2;

/** The inodes of the sockets that a process holds open; empty when it is gone or not ours to look into. */
function socketInodesOf(pid: number, root = ""): Set<number> {
  const folder = `${root}/proc/${pid}/fd`;
  const inodes = new Set<number>();
  const descriptors = readNames(folder).map(Number).filter(Number.isInteger).sort((a, b) => a - b);
  for (const descriptor of descriptors.slice(0, MOST_DESCRIPTORS)) {
    const inode = socketInode(readLink(`${folder}/${descriptor}`) ?? "");
    if (inode !== undefined) inodes.add(inode);
  }
  return inodes;
}

/** Gunicorn's listening sockets among all those of the machine. */
export class Listeners {
  /** Unix sockets among them, gunicorn's own control socket included. */
  readonly unixInodes = new Set<number>();
  readonly ports = new Set<number>();
  readonly #inodes = new Set<number>();
  /** Inodes of the sockets that the master itself holds: with reuse_port none of TCP. */
  readonly #ofMaster: ReadonlySet<number>;
  readonly #bound = new Set<string>();

  /**
   * @param tcp all listening TCP sockets
   * @param unix all listening unix sockets
   * @param workerPids looked into only when the master itself holds no TCP listener
   */
  constructor(
    tcp: readonly ListenRow[],
    unix: readonly ListenRow[],
    masterPid: number,
    workerPids: readonly number[],
    root = "",
  ) {
    const held = socketInodesOf(masterPid, root);
    this.#add(tcp, unix, held);
    this.#ofMaster = new Set(
      (this.ports.size > 0 ? tcp : unix).map(({ inode }) => inode).filter((inode) => held.has(inode)),
    );
    for (const pid of workerPids.slice(0, WORKERS_LOOKED_AT)) {
      if (this.ports.size === 0) this.#add(tcp, unix, socketInodesOf(pid, root));
    }
  }

  /** Whether any of them is known. */
  get found(): boolean {
    return this.ports.size > 0 || this.unixInodes.size > 0;
  }

  /** Whether they are the very same sockets. */
  equals(others: Listeners): boolean {
    return this.#inodes.size === others.#inodes.size && this.#inodes.isSubsetOf(others.#inodes);
  }

  /**
   * Whether this process, the master, still holds them: it closes them when it begins to stop. undefined where it had
   * none, or holds some of them: its control socket is one, and changes.
   */
  areHeldBy(pid: number, root = ""): boolean | undefined {
    const held = socketInodesOf(pid, root);
    const count = [...this.#ofMaster].filter((inode) => held.has(inode)).length;
    if (this.#ofMaster.size === 0 || (count > 0 && count < this.#ofMaster.size)) return undefined;
    return count > 0;
  }

  /**
   * By inode, or by address and port: with reuse_port a worker forked since then listens on the same ones. The port alone
   * may be that of another service, on another address.
   */
  has(row: ListenRow): boolean {
    return this.#inodes.has(row.inode) || this.#bound.has(boundTo(row));
  }

  #add(tcp: readonly ListenRow[], unix: readonly ListenRow[], held: ReadonlySet<number>): void {
    for (const row of tcp) {
      if (!held.has(row.inode)) continue;
      this.#inodes.add(row.inode);
      this.ports.add(row.port);
      this.#bound.add(boundTo(row));
    }
    for (const row of unix) {
      if (!held.has(row.inode)) continue;
      this.#inodes.add(row.inode);
      this.unixInodes.add(row.inode);
    }
  }
}

/** What no other service can be bound to at the same time. A unix socket is known by its inode alone. */
function boundTo({ address, port, inode }: ListenRow): string {
  return port === 0 ? `unix ${inode}` : `${address}:${port}`;
}
