/** Which test files share a process, which run alone, in which order; and what `deno task test` reads of its words. */
import { assert, assertEquals } from "@std/assert";
import type { DenoTestOptions } from "../../tasks/deno_test_options.ts";
import { testFiles } from "../../tasks/test/files.ts";
import { ALONE, LONGEST, OTHER_SUITES, plan } from "../../tasks/test/plan.ts";
import { readRequest } from "../../tasks/test/request.ts";

const root = new URL("../../", import.meta.url).pathname.replace(/\/$/, "");
const known: DenoTestOptions = {
  names: ["--filter", "--junit-path", "--ignore", "--no-check", "--watch"],
  withNextWord: new Set(["--filter", "--junit-path"]),
};
const requested = (...words: string[]) => readRequest(words, known);

Deno.test("every test file is in one job", () => {
  const files = testFiles(root, "tests", []);
  assert(files.length > 150);
  assertEquals(plan(files).flatMap((job) => job.files).sort(), files.sort());
});

Deno.test("the files that are named exist", () => {
  const files = testFiles(root, "tests", OTHER_SUITES);
  assertEquals([...LONGEST, ...ALONE.keys()].filter((file) => !files.includes(file)), []);
});

Deno.test("what waits runs first, then what computes, then one by one what is timed; the longest of each first", () => {
  const alone = "tests/e2e/classes/burst_test.ts", long = "tests/simulation/controllers/properties_test.ts";
  const files = [alone, "tests/core/a_test.ts", "tests/core/b_test.ts", "tests/docs/a_test.ts", long];
  const planned = plan([...files, "tests/e2e/a/a_test.ts", "tests/e2e/lifecycle/arbiter_test.ts"]);
  assertEquals(planned.map(({ name, phase }) => [name, phase]), [
    ["tests/e2e/lifecycle/arbiter_test.ts", "waits"],
    ["tests/e2e/a/a_test.ts", "waits"],
    [long, "computes"],
    ["tests/docs/a_test.ts", "computes"],
    ["tests/core", "computes"],
    [alone, "alone"],
  ]);
});

Deno.test("without words all tests run but those of other suites", () => {
  const { paths, ignored, options } = requested();
  assertEquals([paths, ignored, options], [["tests"], OTHER_SUITES, []]);
});

Deno.test("a named path takes the place of all tests, those of other suites included", () => {
  const { paths, ignored } = requested("./tests/faults/");
  assertEquals([paths, ignored], [["tests/faults"], []]);
});

Deno.test("options with their values go to every process, the report and the ignored paths do not", () => {
  const { options, report, ignored, isChecked } = requested(
    ...["--filter", "burst", "--junit-path=all.xml", "--ignore=tests/core,tests/probe/", "--no-check"],
  );
  assertEquals(options, ["--filter", "burst"]);
  assertEquals([report, ignored, isChecked], ["all.xml", ["tests/core", "tests/probe"], false]);
});

Deno.test("deno test runs once when it watches, and to refuse an option without its value", () => {
  assertEquals(requested("tests/core").isOneProcess, false);
  for (const words of [["--watch"], ["--filter"], ["--junit-path=-"], ["-q"], ["--", "word"]]) {
    assertEquals(requested(...words).isOneProcess, true, words.join(" "));
  }
});
