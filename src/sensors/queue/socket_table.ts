/** Reads the kernel's socket tables: /proc/net/tcp, tcp6, udp and udp6 have the same columns. */

/** One line of a table. */
export interface SocketRow {
  /** Hexadecimal, a word of the machine after the other. */
  readonly localAddress: string;
  readonly localPort: number;
  /** 10 (TCP_LISTEN) for a listening TCP socket. */
  readonly state: number;
  /** TCP LISTEN: connections not accepted yet. UDP: bytes waiting. */
  readonly rxQueue: number;
  /** As in the socket:[inode] links of /proc/PID/fd. */
  readonly inode: number;
  /** UDP only, else 0: datagrams dropped at this socket. */
  readonly drops: number;
}

/** The state of a socket that listens, in the kernel's tables and messages. */
export const TCP_LISTEN = 10;

/** The rows of a table or of its beginning; truncated and malformed lines are skipped. */
export function parseSocketTable(text: string): SocketRow[] {
  const rows: SocketRow[] = [];
  for (const line of text.split("\n")) {
    // sl  local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode ref pointer drops
    const fields = line.trim().split(/\s+/);
    if (fields.length < 12) continue;
    const [localAddress, localPort] = fields[1]!.split(":");
    const port = hex(localPort);
    const state = hex(fields[3]);
    const rxQueue = hex(fields[4]!.split(":")[1]);
    const inode = decimal(fields[9]!);
    if (port > 65535 || Number.isNaN(port + state + rxQueue + inode)) continue;
    // Of UDP's thirteen columns the last is the drops; TCP has others there, and more.
    const drops = fields.length === 13 ? decimal(fields[12]!) || 0 : 0;
    rows.push({ localAddress: localAddress!, localPort: port, state, rxQueue, inode, drops });
  }
  return rows;
}

function hex(text: string | undefined): number {
  return text !== undefined && /^[0-9A-Fa-f]{1,8}$/.test(text) ? parseInt(text, 16) : NaN;
}

function decimal(text: string): number {
  return /^[0-9]{1,15}$/.test(text) ? Number(text) : NaN;
}
