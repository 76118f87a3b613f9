import type { Address } from "../../settings/setting_types.ts";

/** A default address to receive StatsD on; its like of IPv6 where this machine has no IPv4. */
export function ownAddress(address: Address): Address {
  try {
    Deno.listenDatagram({ transport: "udp", hostname: address.host, port: 0 }).close();
  } catch (error) {
    if (error instanceof Deno.errors.AddrNotAvailable) return { host: "::1", port: address.port };
  }
  return address; // whoever listens reports what is wrong with it
}
