import { assert, assertEquals } from "@std/assert";
import { ALIVE_FILE, RuntimeFolder } from "../../src/commands/runtime_folder.ts";
import { run } from "../support/process.ts";
import { tempDir } from "../support/tempdir.ts";

/** The example image's own, with its variable set. */
function healthCheck(base: string) {
  const line = /^ +CMD \["sh", "-c", (".*")\]$/m.exec(
    Deno.readTextFileSync("examples/docker/Dockerfile"),
  )![1]!;
  return run("sh", ["-c", JSON.parse(line)], { env: { GUNICORN_AUTOSCALER_RUNTIME_DIR: base } });
}

Deno.test("a health check in sh distinguishes a running loop, a stopped one, and none", async () => {
  await using base = await tempDir();
  assertEquals((await healthCheck(base.path)).code, 1, "no instance runs");
  using folder = new RuntimeFolder([base.path]);
  folder.beat();
  const file = `${folder.path}/${ALIVE_FILE}`;
  assert(Math.abs(Date.now() - Deno.statSync(file).mtime!.getTime()) < 5_000);
  assertEquals(Deno.statSync(file).mode! & 0o777, 0o600);
  assertEquals((await healthCheck(base.path)).code, 0);
  const old = new Date(Date.now() - 130_000);
  Deno.utimeSync(file, old, old);
  folder.beat();
  assertEquals((await healthCheck(base.path)).code, 1, "a second beat within a second changes nothing");
});

Deno.test("a beat without a folder fails without a word", async () => {
  await using base = await tempDir();
  using folder = new RuntimeFolder([base.path]);
  Deno.removeSync(folder.path);
  folder.beat();
});
