/** Ports nobody listens on at the moment, below the range from which the kernel takes ports for outgoing connections. */

const LOWEST = 20_000;
const HIGHEST = 32_000; // ip_local_port_range starts at 32768: a client connection can never take one of ours

/** A TCP port of 127.0.0.1 that is free now. Random, so that test processes running at once hardly ever meet. */
export function freeTcpPort(): number {
  return free((port) => Deno.listen({ hostname: "127.0.0.1", port }).close());
}

/** A UDP port of 127.0.0.1 that is free now. */
export function freeUdpPort(): number {
  return free((port) => Deno.listenDatagram({ hostname: "127.0.0.1", port, transport: "udp" }).close());
}

function free(tryIt: (port: number) => void): number {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    try {
      tryIt(port);
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
  throw new Error(
    `Cannot find a free port: 200 tries between ${LOWEST} and ${HIGHEST} were all taken, end what uses them`,
  );
}
