/**
 * Free ports, below the range from which the kernel takes ports for outgoing connections.
 *
 * Between the choice of a port and its use by a server some time goes by. So that no other test takes it meanwhile, and
 * answers in the server's place, each test file has a block of ports of its own for as long as it runs: the file that
 * listens on the first port of a block owns the block.
 */

const LOWEST = 20_000;
const HIGHEST = 32_000; // ip_local_port_range starts at 32768: a client connection can never take one of ours
const BLOCK = 60;

// While the module loads rather than at the first use: what a test opens it must close.
const first = claimBlock();
let used = 0;

/** A TCP port of 127.0.0.1 that is free now. */
export function freeTcpPort(): number {
  return free((port) => Deno.listen({ hostname: "127.0.0.1", port }).close());
}

/** A UDP port of 127.0.0.1 that is free now. */
export function freeUdpPort(): number {
  return free((port) => Deno.listenDatagram({ hostname: "127.0.0.1", port, transport: "udp" }).close());
}

function claimBlock(): number {
  const blocks = (HIGHEST - LOWEST) / BLOCK;
  for (let attempt = 0; attempt < 10 * blocks; attempt++) {
    const port = LOWEST + BLOCK * Math.floor(Math.random() * blocks);
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).unref(); // never accepted from, and no reason to go on running
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
  throw new Error(
    `Cannot claim ports: all blocks between ${LOWEST} and ${HIGHEST} are taken, end what listens there`,
  );
}

function free(tryIt: (port: number) => void): number {
  for (let attempt = 1; attempt < BLOCK; attempt++) {
    used = used % (BLOCK - 1) + 1;
    try {
      tryIt(first + used);
      return first + used;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
  throw new Error(
    `Cannot find a free port: all from ${first + 1} to ${first + BLOCK - 1} are taken, end what uses them`,
  );
}
