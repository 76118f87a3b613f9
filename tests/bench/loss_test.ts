import { assertEquals } from "@std/assert";
import { isRight, LossLoad } from "../../bench/loss/loss_load.ts";
import { until } from "../support/wait.ts";

Deno.test("an answer is right when it is the whole one to that very request", () => {
  const head = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n";
  assertEquals([isRight("/echo/abc", `${head}abc`), isRight("/echo/abc", `${head}abd`)], [true, false]);
  assertEquals([isRight("/sleep/20", `${head}ok\n`), isRight("/sleep/20", head)], [true, false]);
  const chunk = (n: number) => `b\r\ndata: ${n}\n\n\r\n`;
  const stream = (...events: number[]) => `${head}${events.map(chunk).join("")}0\r\n\r\n`;
  assertEquals(isRight("/events/150", stream(0, 1, 2)), true);
  for (const events of [[0, 1], [0, 2, 1], [0, 1, 2, 3]]) {
    assertEquals(isRight("/events/150", stream(...events)), false, `${events}`);
  }
});

/** Runs `clients` of one kind against what `serve` does to each connection, until 20 requests were sent. */
async function load(keepAlive: boolean, serve: (conn: Deno.Conn, request: string) => Promise<boolean>) {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections = (async () => {
    try {
      for await (const conn of listener) void answer(conn, serve);
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  })();
  const kind = { name: "kept", clients: 2, keepAlive, longestPauseMs: 1, path: () => "/echo/abc" } as const;
  const running = new LossLoad((listener.addr as Deno.NetAddr).port, [kind]);
  await until(() => running.sent >= 20, { what: "20 requests" });
  await running.stop();
  listener.close();
  await connections;
  return running;
}

async function answer(conn: Deno.Conn, serve: (conn: Deno.Conn, request: string) => Promise<boolean>) {
  const buffer = new Uint8Array(4096);
  try {
    while (true) {
      const count = await conn.read(buffer);
      if (count === null || !await serve(conn, new TextDecoder().decode(buffer.subarray(0, count)))) break;
    }
  } catch {
    // The client has gone.
  } finally {
    conn.close();
  }
}

const respond = async (conn: Deno.Conn, body: string): Promise<void> => {
  await conn.write(
    new TextEncoder().encode(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`),
  );
};

Deno.test("a request that is answered is no loss; one with another's answer is", async () => {
  const good = await load(true, async (conn) => (await respond(conn, "abc"), true));
  assertEquals([good.lost, good.losses], [0, []]);
  const wrong = await load(true, async (conn) => (await respond(conn, "abd"), true));
  assertEquals(wrong.lost, wrong.sent);
});

Deno.test("a kept connection that ends under a request is a loss, though the request was sent again", async () => {
  const answered = new Set<Deno.Conn>();
  const server = await load(true, async (conn) => {
    if (answered.has(conn)) return false; // closed without an answer: the second request on it is cut
    answered.add(conn);
    await respond(conn, "abc");
    return true;
  });
  const { sent, failed, cut } = server.tallies.get("kept")!;
  assertEquals([failed, cut], [0, sent - 2]); // all but the first of each client
});

Deno.test("a new connection that ends without an answer is a failure", async () => {
  const server = await load(false, () => Promise.resolve(false));
  assertEquals(server.tallies.get("kept")!.failed, server.sent);
});
