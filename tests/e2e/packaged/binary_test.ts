import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import { VERSION } from "../../../src/version.ts";
import { compiledBinary } from "../../support/builds/binary.ts";
import { run } from "../../support/process.ts";
import { tempDir } from "../../support/tempdir.ts";
import { exampleWheels } from "../../support/builds/wheels.ts";

const binary = await compiledBinary();
const ignore = binary === undefined;

/** Tests of the source tree that the binary has to pass too, by their names. Its burst is in burst_test.ts. */
const ESSENTIALS = [
  "probe (on|off): (TERM|killed outright|HUP)",
  "an application that cannot be loaded",
  "gunicorn missing",
  "bad settings",
  "TTIN and TTOU",
  "two instances side by side",
];

Deno.test({ name: "the binary says its version, and help without anything beside it", ignore }, async () => {
  await using elsewhere = await tempDir();
  const env = { PATH: "/nonexistent", HOME: "/nonexistent" };
  const options = { cwd: elsewhere.path, env, clearEnv: true };
  assertEquals((await run(binary!, ["--version"], options)).stdout.trim(), `gunicorn-autoscaler ${VERSION}`);
  assertMatch((await run(binary!, ["--help"], options)).stdout, /--min-workers/);
  assertEquals([...Deno.readDirSync(elsewhere.path)], []); // it unpacks nothing
});

Deno.test({ name: "the binary is smaller than 100 MB", ignore }, async () => {
  const { size } = await Deno.stat(binary!);
  assertLess(size, 100e6);
});

Deno.test({ name: "the smoke run that a release makes on each platform passes", ignore }, async () => {
  const smoke = new URL("../../../packaging/smoke.sh", import.meta.url).pathname;
  const env = { PIP_NO_INDEX: "1", PIP_FIND_LINKS: await exampleWheels() };
  const { code, stdout, stderr } = await run("sh", [smoke, binary!], { env });
  assertEquals(code, 0, stdout + stderr);
  assertMatch(stdout, /starts, answers and stops$/);
});

Deno.test({ name: "the binary passes the tests of the life cycle", ignore }, async () => {
  const e2e = new URL("../", import.meta.url).pathname;
  const args = ["test", "--allow-all", "--no-check", `--filter=/^(${ESSENTIALS.join("|")})/`];
  const ended = await run(
    Deno.execPath(),
    [...args, `${e2e}lifecycle/lifecycle_test.ts`],
    {
      env: { AUTOSCALER_BINARY: binary!, NO_COLOR: "1" },
    },
  );
  const passed = Number(/ok \| (\d+) passed/.exec(ended.stdout)?.[1] ?? 0);
  assertEquals(ended.code, 0, ended.stdout);
  assert(passed >= 11, `only ${passed} tests ran:\n${ended.stdout}`);
});
