import { assertEquals } from "@std/assert";
import { ownAddress } from "../../../src/sensors/statsd/own_address.ts";

Deno.test("a machine without IPv4 receives StatsD on its own address of IPv6", () => {
  // 192.0.2.1 belongs to no machine.
  assertEquals(ownAddress({ host: "192.0.2.1", port: 9125 }), { host: "::1", port: 9125 });
});

Deno.test("an address that this machine has stays, a port that is taken too", () => {
  using socket = listening();
  const { port } = socket;
  assertEquals(ownAddress({ host: "127.0.0.1", port }), { host: "127.0.0.1", port });
});

function listening() {
  const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  return { port: (socket.addr as Deno.NetAddr).port, [Symbol.dispose]: () => socket.close() };
}
