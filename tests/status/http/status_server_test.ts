import { assertEquals, assertMatch } from "@std/assert";
import { StatusServer, type StatusServerOptions } from "../../../src/status/http/status_server.ts";
import { collectedLog } from "../../support/collected_log.ts";
import { tempDir } from "../../support/tempdir.ts";

const options = { settings: { statusAddr: "off", statusHosts: "" }, listener: undefined, identity: {} };

Deno.test("a socket that could not be opened is told once, and not to be put back", async () => {
  await using folder = await tempDir();
  const { log, lines } = collectedLog();
  const server = (dir: string) =>
    new StatusServer({ ...options, dir, log } as unknown as StatusServerOptions);
  const [opened, refused] = [server(folder.path), server(folder.join("missing"))];
  try {
    assertEquals(opened.files.map(({ name }) => name), ["control.sock"]);
    assertEquals(refused.files, []);
    assertEquals(lines.length, 1);
    assertMatch(lines[0]!, /^Cannot open the socket for status and commands in /);
  } finally {
    await Promise.all([opened.close(), refused.close()]);
  }
});
