/** `deno task test` on files made for it. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { run } from "../support/process.ts";
import { tempDir } from "../support/tempdir.ts";

const repository = new URL("../../", import.meta.url).pathname;

const test = (...args: string[]) =>
  run(Deno.execPath(), ["run", "-A", "tasks/test/suite.ts", "--no-check", ...args], {
    cwd: repository,
    env: { NO_COLOR: "1" },
  });

/** A test that passes once another one runs at the same time. */
const waits = (own: string, other: string) => `
Deno.test("${own} meets ${other}", async () => {
  const at = (name) => new URL(name, import.meta.url);
  await Deno.writeTextFile(at("${own}"), "");
  const end = performance.now() + 60_000;
  while (!await Deno.stat(at("${other}")).then(() => true, () => false)) {
    if (performance.now() > end) throw new Error("${other} does not run");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
});`;

Deno.test("files run side by side, and make one report", async () => {
  await using folder = await tempDir();
  await folder.write("a_test.js", waits("a", "b"));
  await folder.write("b_test.js", `${waits("b", "a")}\nDeno.test.ignore("later", () => {});`);
  const report = folder.join("report.xml");
  const ended = await test("--jobs", "2", folder.path, `--junit-path=${report}`);
  assertEquals(ended.code, 0, ended.stdout + ended.stderr);
  assertMatch(ended.stdout, /\nok \| 2 passed \| 0 failed \| 1 ignored \(\d+m\d+s\)$/);
  const written = await Deno.readTextFile(report);
  for (const text of ['tests="3" failures="0"', "a meets b", "b meets a", "<skipped/>"]) {
    assertStringIncludes(written, text);
  }
});

Deno.test("a test that fails and a process that is killed fail the run, and are in the report", async () => {
  await using folder = await tempDir();
  await folder.write("good_test.js", 'Deno.test("good", () => {});');
  await folder.write("bad_test.js", 'Deno.test("bad", () => { throw new Error("it is bad"); });');
  await folder.write("dead_test.js", 'Deno.test("dead", () => Deno.kill(Deno.pid, "SIGKILL"));');
  const report = folder.join("report.xml");
  const ended = await test(folder.path, `--junit-path=${report}`);
  assertEquals(ended.code, 1, ended.stdout + ended.stderr);
  assertMatch(ended.stdout, /\nFAILED \| 1 passed \| 2 failed \| 0 ignored \(/);
  for (const name of ["bad", "dead"]) {
    assertMatch(ended.stdout, new RegExp(`^failed in .*/${name}_test.js$`, "m"));
  }
  assertMatch(ended.stdout, /it is bad/);
  const written = await Deno.readTextFile(report);
  for (const text of ['tests="3" failures="2"', 'name="good"', 'name="bad"', "dead_test.js runs"]) {
    assertStringIncludes(written, text);
  }
});

Deno.test("a path that is not there and one without tests are refused", async () => {
  for (
    const [path, wrong] of [["tests/nowhere", "there is no tests/nowhere"], ["docs", "there is none in docs"]]
  ) {
    const { code, stderr } = await test(path!);
    assertEquals(code, 2);
    assertStringIncludes(stderr, `Cannot run the tests: ${wrong}`);
  }
});
