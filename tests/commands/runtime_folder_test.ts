import { assert, assertEquals, assertMatch } from "@std/assert";
import { ALIVE_FILE, RuntimeFolder } from "../../src/commands/runtime_folder.ts";
import { collectedLog } from "../support/collected_log.ts";
import { run } from "../support/process.ts";
import { tempDir } from "../support/tempdir.ts";
import { until } from "../support/wait.ts";

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

Deno.test("a folder that was removed is there again, with its parts", async () => {
  await using base = await tempDir();
  using folder = new RuntimeFolder([base.path]);
  const { log, lines } = collectedLog();
  const make = () => Deno.writeTextFileSync(`${folder.path}/config`, "workers = 2");
  using _kept = folder.keep([{ name: "config", make }], log);
  Deno.removeSync(folder.path);
  await until(() => lines.length > 0, { what: "the warning" });
  assertEquals(Deno.readTextFileSync(`${folder.path}/config`), "workers = 2");
  assertMatch(lines[0]!, /was removed by another program and is there again \(config\)/);
});

Deno.test("a part that cannot be made again is one warning", async () => {
  await using base = await tempDir();
  using folder = new RuntimeFolder([base.path]);
  const { log, lines } = collectedLog();
  let tries = 0;
  const make = () => {
    tries++;
    throw new Error("the disk is full");
  };
  using _kept = folder.keep([{ name: "config", make }], log);
  await until(() => tries >= 2, { what: "two tries" });
  assertEquals(lines.length, 1);
  assertMatch(lines[0]!, /^Cannot make the runtime folder .* again: the disk is full; /);
});
