/** `deno task faults` takes the options of deno test beside its own. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { run } from "../support/process.ts";
import { tempDir } from "../support/tempdir.ts";

const repository = new URL("../../", import.meta.url).pathname;
/** The test of the suite that does no harm to anything. */
const HARMLESS = "the table is put between the markers of the page";

const faults = (...args: string[]) =>
  run(Deno.execPath(), ["task", "faults", ...args], { cwd: repository, env: { NO_COLOR: "1" } });

Deno.test("faults passes on an option with its value as the next word, and one with its value after =", async () => {
  await using folder = await tempDir();
  const report = folder.join("report.xml");
  const ended = await faults("--jobs", "2", "--filter", HARMLESS, `--junit-path=${report}`, "--no-check");
  assertEquals(ended.code, 0, ended.stdout + ended.stderr);
  assertMatch(ended.stdout, /^ok \| 1 passed \| 0 failed \| \d+ filtered out/m);
  assertStringIncludes(ended.stdout, "1 of 1 runs in a row passed.");
  assertStringIncludes(await Deno.readTextFile(report), HARMLESS);
});

Deno.test("faults --times 0 runs nothing and reports what was recorded", async () => {
  await using folder = await tempDir();
  const record = await folder.write("record", '{"passed":true}\n{"passed":false}\n');
  const ended = await faults("--times", "0", "--record", record);
  assertEquals(ended.code, 0, ended.stderr);
  assertStringIncludes(ended.stdout, "1 of 2 runs in a row passed.");
});

Deno.test("faults refuses what neither it nor deno test knows", async () => {
  const { code, stderr } = await faults("--tims", "3");
  assertEquals(code, 2);
  assertStringIncludes(stderr, "has the option --tims, did you mean --times?");
});

Deno.test("an option without its value does not swallow the suite's folder and run all tests there are", async () => {
  const { code, stdout, stderr } = await faults("--filter");
  assertEquals(code, 1);
  assert(!/\d passed/.test(stdout), stdout);
  assertStringIncludes(stderr, "a value is required for '--filter");
});
