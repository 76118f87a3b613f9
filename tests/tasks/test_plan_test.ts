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

Deno.test("the longest come first, then other files, then folders of short ones; what runs alone is last", () => {
  const [alone] = ALONE.keys();
  const files = [
    alone!,
    "tests/core/limits_test.ts",
    "tests/core/memory_test.ts",
    "tests/e2e/a_test.ts",
    LONGEST[0]!,
  ];
  assertEquals(plan(files).map(({ name, isAlone }) => [name, isAlone]), [
    [LONGEST[0], false],
    ["tests/e2e/a_test.ts", false],
    ["tests/core", false],
    [alone, true],
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
