import { assertEquals } from "@std/assert";
import { hangUp } from "../../src/platform/hang_up.ts";

/** Two connections from one port of two addresses; prints for each, when a line comes, whether its other end is closed. */
const CLIENTS = `
import socket, sys
family, *addresses = sys.argv[2:]
port, clients = 0, []
for address in addresses:
    client = socket.socket(getattr(socket, family))
    client.bind((address, port))
    port = client.getsockname()[1]
    client.connect((addresses[0], int(sys.argv[1])))
    client.settimeout(0.2)
    clients.append(client)
print(flush=True)
sys.stdin.readline()
for client in clients:
    try:
        print(client.recv(1) == b'')
    except OSError:
        print(False)
`;

for (
  const [name, hostname, family, ...addresses] of [
    ["IPv4", "0.0.0.0", "AF_INET", "127.0.0.1", "127.0.0.2"],
    ["IPv4 on a socket of IPv6", "::", "AF_INET", "127.0.0.1", "127.0.0.2"],
    ["IPv6", "::1", "AF_INET6", "::1"],
  ] as const
) {
  Deno.test(`a connection is hung up, another from the same port of another address is not: ${name}`, async () => {
    using listener = Deno.listen({ hostname, port: 0 });
    await using child = new Deno.Command("python3", {
      args: ["-c", CLIENTS, String(listener.addr.port), family, ...addresses],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const accepted: Deno.TcpConn[] = [];
    for (let i = 0; i < addresses.length; i++) accepted.push(await listener.accept());
    // A read under way keeps a descriptor open that is only closed.
    const reads = accepted.map((connection) => connection.read(new Uint8Array(1)).catch(() => null));
    hangUp(accepted.at(-1)!);
    const input = child.stdin.getWriter();
    await input.write(new TextEncoder().encode("go\n"));
    await input.close();
    const ended = (await new Response(child.stdout).text()).trim().split("\n");
    assertEquals(ended.at(-1), "True", `${ended}`);
    if (addresses.length > 1) assertEquals(ended[0], "False", `${ended}`);
    for (const connection of accepted.slice(0, -1)) connection.close();
    await Promise.all(reads);
  });
}
