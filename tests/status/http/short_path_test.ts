import { assertEquals, assertRejects } from "@std/assert";
import { askInstance } from "../../../src/commands/running/control_client.ts";
import { CONTROL_SOCKET, listenUnix } from "../../../src/status/http/listen.ts";
import { shortPath } from "../../../src/status/http/short_path.ts";
import { tempDir } from "../../support/tempdir.ts";

Deno.test("a folder whose path is too long for a socket has its control socket, and commands reach it", async () => {
  await using base = await tempDir();
  for (const length of [1, 60, 120, 240]) {
    const dir = base.join("d".repeat(length));
    await Deno.mkdir(dir);
    using bound = shortPath(dir, CONTROL_SOCKET);
    using listener = listenUnix(bound.path);
    const answered = (async () => {
      using connection = await listener.accept();
      await connection.read(new Uint8Array(1000));
      await connection.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\n\r\nhello"));
    })();
    assertEquals(await askInstance(dir, "GET", "/status"), { status: 200, body: "hello" });
    await answered;
    assertEquals([...Deno.readDirSync(dir)].map(({ name }) => name), [CONTROL_SOCKET]);
  }
});

Deno.test("an instance that ends in the middle of an answer is told in words", async () => {
  await using dir = await tempDir();
  using listener = listenUnix(dir.join(CONTROL_SOCKET));
  const ended = listener.accept().then((connection) => connection.close()); // with the request unread
  await assertRejects(
    () => askInstance(dir.path, "GET", "/status"),
    Error,
    `Cannot ask the autoscaler in ${dir.path}: it broke off its answer, look at its log`,
  );
  await ended;
});
