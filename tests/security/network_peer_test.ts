import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { textAnswer } from "../../src/status/http/http_message.ts";
import { HttpServer } from "../../src/status/http/http_server.ts";
import { autoscaled } from "../support/autoscaled.ts";
import { type Answer, Connection, get } from "../support/http.ts";
import { freeTcpPort } from "../support/port.ts";
import { controlSocket } from "../support/running_commands.ts";
import { until } from "../support/wait.ts";

const READING = ["GET", "HEAD"];
const METHODS = [...READING, "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY"];
const PAGES = ["/", "/livez", "/readyz", "/status", "/history", "/metrics", "/dashboard.js"];
const OTHERS = [
  "/order",
  "/settings",
  "/order?x=1",
  "/settings#x",
  "/order/",
  "//order",
  "/ORDER",
  "/%6frder",
  "/./order",
  "/status/../order",
  "/nothing",
  "/control.sock",
  "/../../etc/passwd",
  "/%2e%2e/%2e%2e/etc/passwd",
  "/main.ts",
  "/.env",
];

async function ask(port: number, method: string, path: string, fields = "Host: localhost"): Promise<Answer> {
  const body = '{"kind":"paused"}';
  await using connection = await Connection.open({ port });
  const length = READING.includes(method) ? "" : `Content-Length: ${body.length}\r\n`;
  await connection.send(
    `${method} ${path} HTTP/1.1\r\n${fields}\r\n${length}\r\n${length === "" ? "" : body}`,
  );
  // The answer to HEAD has the length of a body that does not come.
  if (method !== "HEAD") return await connection.answer();
  const head = await connection.answer().catch((error) => error);
  return head instanceof Deno.errors.UnexpectedEof ? { status: 200, headers: new Map(), body: "" } : head;
}

Deno.test("over TCP nothing can be changed, whatever the method and the path, and every answer keeps other pages out", async () => {
  const port = freeTcpPort();
  await using it = await autoscaled({
    own: ["--min-workers", "2", "--max-workers", "6", "--status-addr", `127.0.0.1:${port}`],
  });
  await until(async () => (await get({ port }, "/readyz")).status === 200, { what: "a ready worker" });
  await until(async () => (await get({ port }, "/metrics")).status === 200, { what: "metrics" });
  for (const method of METHODS) {
    for (const path of [...PAGES, ...OTHERS]) {
      const { status, headers } = await ask(port, method, path);
      const isPage = READING.includes(method) && PAGES.includes(path);
      if (method === "HEAD") continue;
      assert(isPage ? status === 200 : [403, 404, 405].includes(status), `${method} ${path}: ${status}`);
      assertEquals(headers.get("x-content-type-options"), "nosniff", `${method} ${path}`);
      assertEquals(headers.get("x-frame-options"), "DENY");
      assertEquals(headers.get("cross-origin-resource-policy"), "same-origin");
      assertMatch(headers.get("content-security-policy")!, /^default-src 'none';.*frame-ancestors 'none'$/);
      assert(![...headers.keys()].some((name) => name.startsWith("access-control-")), `${method} ${path}`);
    }
  }
  const { body } = await get({ socket: await controlSocket(it) }, "/status");
  const { order, target, bounds } = JSON.parse(body);
  assertEquals([order.kind, target, bounds.min, bounds.max], ["auto", 2, 2, 6]);
});

Deno.test("a name that a stranger can point at us is refused with every path and method, also when it hides", async () => {
  const port = freeTcpPort();
  await using _it = await autoscaled({ own: ["--min-workers", "1", "--status-addr", `127.0.0.1:${port}`] });
  for (
    const host of [
      "evil.example.com",
      `evil.example.com:${port}`,
      "127.0.0.1.evil.com",
      "localhost.evil.com",
      "evil.com.",
      "EVIL.COM",
      "[::1].evil.com",
      "127.0.0.1@evil.com",
      "",
    ]
  ) {
    for (const path of ["/", "/status", "/events", "/order", "/nothing"]) {
      assertEquals((await ask(port, "GET", path, `Host: ${host}`)).status, 421, `${host} ${path}`);
      assertEquals((await ask(port, "POST", path, `Host: ${host}`)).status, 421, `${host} ${path}`);
    }
  }
  assertEquals(
    (await ask(port, "GET", "/status", "X-Forwarded-Host: localhost")).status,
    421,
    "no host at all",
  );
  assertEquals(
    (await ask(port, "GET", "/status", "Host: evil.com\r\nHost: localhost")).status,
    400,
    "two hosts",
  );
  assertEquals((await ask(port, "GET", "http://evil.com/status", "Host: localhost")).status, 421);
  assertEquals((await ask(port, "GET", "/livez", "Host: localhost\r\nOrigin: https://evil.com")).status, 200);
});

Deno.test("a client that trickles its request, or never takes its answer, is closed in the time for a whole one", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const large = "x".repeat(64 * 2 ** 20);
  const server = new HttpServer(listener, {
    handle: () => textAnswer(200, large),
    mostConnections: 10,
    timeoutMs: 300,
  });
  const trickling = await Connection.open({ port });
  const drip = setInterval(() => void trickling.send("X").catch(() => {}), 20);
  try {
    await trickling.send("GET / HTTP/1.1\r\nX: ");
    await assertRejects(() => trickling.answer());
    await using deaf = await Connection.open({ port });
    await deaf.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await until(() => server.connections === 0, { what: "no connection left" });
    const held = () => [...Deno.readDirSync("/proc/self/fd")].length;
    const before = held();
    for (let i = 0; i < 5; i++) {
      await using another = await Connection.open({ port });
      await another.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
      await until(() => server.connections === 0 && held() <= before + 1, {
        what: () => `the descriptor of a deaf client to be free, ${held()} are in use, ${before} were`,
      });
    }
  } finally {
    clearInterval(drip);
    await trickling[Symbol.asyncDispose]();
    await server.close();
  }
});
