import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import { Client, Flight } from "../../bench/load/load_client.ts";
import { Database } from "../../bench/servers/database.ts";
import { simulatedRival } from "../../bench/simulated.ts";
import { scenariosNamed } from "../../bench/scenarios.ts";
import { appsFolder } from "../support/apps.ts";
import { run } from "../support/process.ts";

Deno.test("a database has so many connections for all processes, and a request gives its own back", async () => {
  await using database = await Database.open(2);
  const script = `import os, work
work.work("/database/1")
fifo = os.open(os.environ["DATABASE_FIFO"], os.O_RDWR | os.O_NONBLOCK)
free = 0
try:
    while os.read(fifo, 1):
        free += 1
except BlockingIOError:
    print(free)`;
  const ended = await run("python3", ["-c", script], { cwd: appsFolder, env: database.env });
  assertEquals([ended.code, ended.stdout.trim()], [0, "2"], ended.stderr);
});

Deno.test("a client that is slow with its head sends it whole, half of it later", async () => {
  using server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const served = (async () => {
    using conn = await server.accept();
    const buffer = new Uint8Array(4096);
    let text = "", reads = 0;
    while (!text.endsWith("\r\n\r\n")) {
      const count = await conn.read(buffer);
      if (count === null) break;
      reads++;
      text += new TextDecoder().decode(buffer.subarray(0, count));
    }
    await conn.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    return { text, reads };
  })();
  served.catch(() => {});
  const client = new Client({ port: (server.addr as Deno.NetAddr).port, keepAlive: false });
  const beganMs = performance.now();
  assertEquals(await client.send("/?head=200", new Flight()), "ok");
  assertGreaterOrEqual(performance.now() - beganMs, 195);
  const { text, reads } = await served;
  assertEquals(text, "GET /?head=200 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  assertEquals(reads, 2);
});

Deno.test("servers that the simulator has no model of are left out of comparisons", () => {
  const has = (server: string) => simulatedRival(server, scenariosNamed(["uvicorn"])[0]!) !== undefined;
  assertEquals(["ours", "fixed-max", "ours-fork", "uwsgi-busyness"].map(has), [true, true, false, false]);
});
