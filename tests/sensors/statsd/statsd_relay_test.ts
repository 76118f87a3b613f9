import { assertEquals, assertThrows } from "@std/assert";
import { StatsdListener } from "../../../src/sensors/statsd/statsd_listener.ts";
import { parseRelayTarget, type RelayTarget, StatsdRelay } from "../../../src/sensors/statsd/statsd_relay.ts";
import { StatsdWindow } from "../../../src/sensors/statsd/statsd_window.ts";
import { temporaryFolder } from "../probe/shared_pages.ts";

const targets: [string, RelayTarget | undefined][] = [
  ["statsd.example:8126", { host: "statsd.example", port: 8126 }],
  ["127.0.0.1:9125", { host: "127.0.0.1", port: 9125 }],
  ["localhost", { host: "localhost", port: 8125 }],
  ["[::1]:9125", { host: "::1", port: 9125 }],
  ["[::1]", { host: "::1", port: 8125 }],
  ["unix:///run/statsd.sock", { path: "/run/statsd.sock" }],
  ["unix:/run/statsd.sock", { path: "/run/statsd.sock" }],
  ["unix://run/statsd.sock", { path: "run/statsd.sock" }],
  ["unix:8125", { host: "unix", port: 8125 }],
  ["host:70000", undefined],
  ["host:port", undefined],
  ["::1:9125", undefined],
  ["", undefined],
];
for (const [text, expected] of targets) {
  Deno.test(`The relay's target "${text}" is ${JSON.stringify(expected) ?? "refused"}`, () => {
    assertEquals(parseRelayTarget(text), expected);
  });
}

async function relayToUnixSocket(folder: string) {
  const path = `${folder}/statsd.sock`;
  const server = Deno.listenDatagram({ transport: "unixpacket", path });
  const relay = new StatsdRelay(`unix://${path}`);
  await relay.ready;
  return { server, relay };
}

const bytes = (text: string) => new TextEncoder().encode(text);

async function next(socket: Deno.DatagramConn): Promise<string> {
  const [packet] = await socket.receive();
  return new TextDecoder().decode(packet);
}

for (const hostname of ["127.0.0.1", "::1"]) {
  Deno.test(`Packets arrive unchanged at a server on ${hostname}`, async () => {
    const server = Deno.listenDatagram({ transport: "udp", hostname, port: 0 });
    const relay = new StatsdRelay(`[${hostname}]:${(server.addr as Deno.NetAddr).port}`);
    await relay.ready;
    relay.send(bytes("gunicorn.requests:1|c|@1.0|#a:b\nrest"));
    relay.send(bytes("\0\xff"));
    assertEquals(await next(server), "gunicorn.requests:1|c|@1.0|#a:b\nrest");
    assertEquals(await next(server), "\0\xff");
    assertEquals([relay.sent, relay.failed], [2, 0]);
    relay.close();
    server.close();
  });
}

Deno.test("A name such as localhost is looked up", async () => {
  const server = Deno.listenDatagram({ transport: "udp", hostname: "localhost", port: 0 });
  const relay = new StatsdRelay(`localhost:${(server.addr as Deno.NetAddr).port}`);
  await relay.ready;
  relay.send(bytes("x:1|c"));
  assertEquals(relay.sent, 1);
  relay.close();
  server.close();
});

Deno.test("Packets arrive at a unix socket", async () => {
  using folder = temporaryFolder();
  const { server, relay } = await relayToUnixSocket(folder.path);
  relay.send(bytes("x.requests:1|c"));
  assertEquals(await next(server), "x.requests:1|c");
  relay.close();
  server.close();
});

Deno.test("A UDP server that was away gets the first packet after its return", async () => {
  const first = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  const port = (first.addr as Deno.NetAddr).port;
  first.close();
  const relay = new StatsdRelay(`127.0.0.1:${port}`);
  await relay.ready;
  relay.send(bytes("lost:1|c"));
  const second = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port });
  relay.send(bytes("kept:1|c"));
  assertEquals(await next(second), "kept:1|c");
  relay.close();
  second.close();
});

Deno.test("Without a listener on the unix socket packets count as failed", async () => {
  const relay = new StatsdRelay("unix:///proc/nonexistent/statsd.sock");
  await relay.ready;
  for (let i = 0; i < 3; i++) relay.send(bytes("x:1|c"));
  assertEquals([relay.sent, relay.failed], [0, 3]);
  relay.close();
});

Deno.test("A burst of packets arrives at a unix socket that holds a few, in order", async () => {
  using folder = temporaryFolder();
  const { server, relay } = await relayToUnixSocket(folder.path);
  const sent = Array.from({ length: 200 }, (_, i) => `x.${i}:1|c`);
  const buffer = new Uint8Array(100);
  for (const text of sent) relay.send(buffer.subarray(0, new TextEncoder().encodeInto(text, buffer).written));
  const came: string[] = [];
  while (came.length < sent.length) came.push(await next(server));
  assertEquals(came, sent);
  assertEquals([relay.sent, relay.failed], [200, 0]);
  relay.close();
  server.close();
});

Deno.test("A server whose socket is full costs packets, not time", async () => {
  using folder = temporaryFolder();
  const { server, relay } = await relayToUnixSocket(folder.path);
  for (let i = 0; i < 5_000; i++) relay.send(bytes("x".repeat(1_000)));
  assertEquals(5_000 - relay.sent - relay.failed, 1_048, "as many wait as a MiB holds");
  relay.close();
  assertEquals(relay.sent + relay.failed, 5_000);
  server.close();
});

Deno.test("An unknown host name costs packets only", async () => {
  const relay = new StatsdRelay("nobody.invalid:8125");
  await relay.ready;
  relay.send(bytes("x:1|c"));
  assertEquals([relay.sent, relay.failed], [0, 1]);
  relay.close();
});

Deno.test("A target that is no address is an error that says what to correct", () => {
  assertThrows(() => new StatsdRelay("a:b:c"), Error, "Cannot relay StatsD to a:b:c: ");
});

Deno.test("The relay passes on what the listener receives", async () => {
  const server = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  const relay = new StatsdRelay(`127.0.0.1:${(server.addr as Deno.NetAddr).port}`);
  await relay.ready;
  const onPacket = (packet: Uint8Array<ArrayBuffer>) => relay.send(packet);
  const window = new StatsdWindow();
  const listener = new StatsdListener({ hostname: "127.0.0.1", port: 0, onPacket }, window);
  const app = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  const to = { transport: "udp", hostname: "127.0.0.1", port: listener.port } as const;
  await app.send(bytes("gunicorn.requests:1|c|@1.0"), to);
  assertEquals(await next(server), "gunicorn.requests:1|c|@1.0");
  assertEquals(window.take().requests, 1);
  app.close();
  await listener.close();
  relay.close();
  server.close();
});

Deno.test("The end waits for no name server", () => {
  const relay = new StatsdRelay("nowhere:8125", () => new Promise(() => {}));
  relay.close();
});

Deno.test("A server found after the end is left again", async () => {
  const server = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  const relay = new StatsdRelay(`127.0.0.1:${(server.addr as Deno.NetAddr).port}`);
  relay.close();
  await relay.ready;
  relay.send(bytes("x:1|c"));
  assertEquals([relay.sent, relay.failed], [0, 1]);
  server.close();
});
