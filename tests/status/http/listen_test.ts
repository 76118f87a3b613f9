import { assertEquals, assertThrows } from "@std/assert";
import { listenUnix } from "../../../src/status/http/listen.ts";
import { tempDir } from "../../support/tempdir.ts";

Deno.test("a socket that cannot get its name is closed, and leaves none behind", async () => {
  await using dir = await tempDir();
  const path = dir.join("control.sock");
  Deno.mkdirSync(path);
  assertThrows(() => listenUnix(path));
  assertEquals([...Deno.readDirSync(dir.path)].map(({ name }) => name), ["control.sock"]);
  Deno.removeSync(path);
  using _listener = listenUnix(path);
});
