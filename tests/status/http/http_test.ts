import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { EventStreams } from "../../../src/status/http/event_streams.ts";
import { bodyLength, eventFrame, parseHead, textAnswer } from "../../../src/status/http/http_message.ts";
import { type Handled, HttpServer, type HttpServerOptions } from "../../../src/status/http/http_server.ts";
import { isAllowedHost, isLoopback } from "../../../src/status/http/host_check.ts";
import { Connection, get } from "../../support/http.ts";
import { until } from "../../support/wait.ts";

function serve(handle: HttpServerOptions["handle"], options: Partial<HttpServerOptions> = {}) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const server = new HttpServer(listener, { handle, mostConnections: 10, timeoutMs: 5_000, ...options });
  return {
    server,
    port: (listener.addr as Deno.NetAddr).port,
    [Symbol.asyncDispose]: () => server.close(),
  };
}

Deno.test("heads of requests are read, and what is none is refused", () => {
  const head = parseHead("GET /status?x=1 HTTP/1.1\r\nHost: a\r\nX-Y:  z ");
  assertEquals(head?.path, "/status");
  assertEquals(head?.headers.get("x-y"), "z");
  for (
    const bad of [
      "",
      "GET /",
      "get / HTTP/1.1",
      "GET status HTTP/1.1",
      "GET ?x=1 HTTP/1.1",
      "GET  HTTP/1.1",
      "GET http:///status HTTP/1.1",
      "GET http://user@web/status HTTP/1.1",
      "GET ftp://web/status HTTP/1.1",
      "GET / HTTP/2",
      "GET /a b HTTP/1.1",
      "GET / HTTP/1.1\r\nno colon",
      "GET / HTTP/1.1\r\n folded: x",
      "GET / HTTP/1.1\r\nHost: a\r\nHost: b",
      "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2",
    ]
  ) assertEquals(parseHead(bad), undefined, bad);
  assertEquals(bodyLength(new Map([["content-length", "12"]])), 12);
  assertEquals(bodyLength(new Map([["content-length", "-1"]])), undefined);
  assertEquals(bodyLength(new Map([["transfer-encoding", "chunked"]])), undefined);
});

Deno.test("a whole URL is read as a proxy is asked, and its host counts", () => {
  const read = (target: string) => {
    const head = parseHead(`GET ${target} HTTP/1.1\r\nHost: evil.example.com`);
    return [head?.headers.get("host"), head?.path];
  };
  assertEquals(read("http://127.0.0.1:9200/status?x=1"), ["127.0.0.1:9200", "/status"]);
  assertEquals(read("HTTPS://[::1]"), ["[::1]", "/"]);
  assertEquals(read("http://web?x=/status"), ["web", "/"]);
  assertEquals(read("/status"), ["evil.example.com", "/status"]);
});

Deno.test("names that a stranger can register are refused, addresses and private names are not", () => {
  for (
    const host of [
      "127.0.0.1:9200",
      "[::1]:9200",
      "10.2.3.4",
      "localhost:9200",
      "web",
      "web:9200",
      "app.default.svc.cluster.local",
      "box.internal.",
      "status.example.com",
    ]
  ) assertEquals(isAllowedHost(host, ["status.example.com"]), true, host);
  for (
    const host of [
      undefined,
      "",
      "evil.example.com",
      "evil.example.com:9200",
      "127.0.0.1.evil.com",
      "localhost.evil.com",
      "a b",
      "x:y:z",
      "evil.com:99999999",
      "[::1].evil.com",
    ]
  ) assertEquals(isAllowedHost(host, ["status.example.com"]), false, host);
  assertEquals(["127.0.0.1", "::1", "localhost", "127.9.9.9"].every(isLoopback), true);
  assertEquals(["0.0.0.0", "::", "10.0.0.1", "127.0.0.1.evil.com"].some(isLoopback), false);
});

Deno.test("an answer carries headers that keep other sites out", async () => {
  await using it = serve(() => textAnswer(200, "hello"));
  const answer = await get({ port: it.port }, "/");
  assertEquals([answer.status, answer.body], [200, "hello\n"]);
  assertMatch(answer.headers.get("content-security-policy")!, /default-src 'none'.*frame-ancestors 'none'/);
  assertEquals(answer.headers.get("x-content-type-options"), "nosniff");
  assertEquals(answer.headers.has("access-control-allow-origin"), false);
});

Deno.test("a handler that throws is an answer of 500, and the server continues", async () => {
  let broken = true;
  await using it = serve(() => {
    if (broken) throw new Error("a secret");
    return textAnswer(200, "well");
  });
  const answer = await get({ port: it.port }, "/");
  assertEquals([answer.status, answer.body.includes("secret")], [500, false]);
  broken = false;
  assertEquals((await get({ port: it.port }, "/")).status, 200);
});

Deno.test("a connection that could not be taken over is closed", async () => {
  const takeOver = () => {
    throw new Error("no room");
  };
  await using it = serve(() => ({ takeOver }));
  await using connection = await Connection.open({ port: it.port });
  await connection.send("GET / HTTP/1.1\r\n\r\n");
  await until(() => it.server.connections === 0, { what: "no connection" });
  await assertRejects(() => connection.answer(), Deno.errors.UnexpectedEof);
});

Deno.test("more connections than allowed are closed at once, and there is room again when some leave", async () => {
  await using it = serve(() => textAnswer(200, "hello"), { mostConnections: 3 });
  const idle = await Promise.all([1, 2, 3].map(() => Connection.open({ port: it.port })));
  await until(() => it.server.connections === 3, { what: "three connections" });
  await assertRejects(() => get({ port: it.port }, "/"));
  assertEquals(it.server.refused, 1);
  for (const connection of idle) await connection[Symbol.asyncDispose]();
  await until(() => it.server.connections === 0, { what: "no connection" });
  assertEquals((await get({ port: it.port }, "/")).status, 200);
});

Deno.test("a client that never finishes its request is closed", async () => {
  await using it = serve(() => textAnswer(200, "hello"), { timeoutMs: 100 });
  await using connection = await Connection.open({ port: it.port });
  await connection.send("GET / HT");
  await assertRejects(() => connection.answer(), Deno.errors.UnexpectedEof);
  await until(() => it.server.connections === 0, { what: "no connection" });
});

Deno.test("requests that are too long or make no sense are refused", async () => {
  await using it = serve(() => textAnswer(200, "hello"));
  const status = async (text: string) => {
    await using connection = await Connection.open({ port: it.port });
    await connection.send(text);
    const { status, body } = await connection.answer();
    assertMatch(body, /^Cannot .+: .+, send .+$/m);
    return status;
  };
  assertEquals(await status("nonsense\r\n\r\n"), 400);
  assertEquals(await status("POST / HTTP/1.1\r\nContent-Length: 999999\r\n\r\n"), 413);
  assertEquals(await status(`GET / HTTP/1.1\r\nX: ${"y".repeat(9_000)}`), 431);
  assertEquals(await status(`GET / HTTP/1.1\r\nX: ${"y".repeat(9_000)}\r\n\r\n`), 431);
});

Deno.test("a client that does not read gets no frames and delays no other", async () => {
  const streams = new EventStreams(10);
  const handle = (): Handled => ({
    takeOver: (connection) =>
      streams.add(connection, new Uint8Array(), 0, () => it.server.forget(connection)),
  });
  await using it = serve(handle);
  const open = async () => {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port: it.port });
    await connection.write(new TextEncoder().encode("GET /events HTTP/1.1\r\n\r\n"));
    return connection;
  };
  using _slow = await open();
  using quick = await open();
  await until(() => streams.count === 2, { what: "two streams" });
  let read = 0;
  const reading = (async () => {
    const buffer = new Uint8Array(1 << 20);
    for (let n = await quick.read(buffer); n !== null; n = await quick.read(buffer)) read += n;
  })().catch(() => {});
  const frame = eventFrame("status", "x".repeat(1 << 20));
  let sent = 0;
  // The kernel takes some megabytes for the slow one; then it is busy, and only it.
  for (; streams.droppedFrames < 20 && sent < 200; sent++) {
    const before = read;
    streams.send(frame, 1_000);
    await until(() => read >= before + frame.length, { what: "the quick client's frame" });
  }
  assertEquals(streams.droppedFrames, 20);
  assertEquals(streams.count, 2);
  // Fifteen seconds on, it is taken for gone.
  streams.send(frame, 20_000);
  await until(() => streams.count === 1, { what: "the slow client's end" });
  streams.close();
  await reading;
});
