/** Which test files share a process, which run alone, in which order; and what `deno task test` reads of its words. */
import { assert, assertEquals } from "@std/assert";
import type { DenoTestOptions } from "../../tasks/deno_test_options.ts";
import { testFiles } from "../../tasks/test/files.ts";
import { inOrder } from "../../tasks/test/in_order.ts";
import { OTHER_SUITES, type Phase, plan } from "../../tasks/test/plan.ts";
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

Deno.test("what waits runs first, then what is busy or computes, then what is timed; the longest of each first", () => {
  const alone = "tests/e2e/classes/burst_test.ts", long = "tests/simulation/controllers/properties_test.ts";
  const files = [alone, "tests/core/a_test.ts", "tests/core/b_test.ts", "tests/docs/a_test.ts", long];
  const loss = "tests/e2e/lifecycle/loss_test.ts";
  const planned = plan([...files, loss, "tests/e2e/a/a_test.ts", "tests/e2e/lifecycle/arbiter_test.ts"]);
  assertEquals(planned.map(({ name, phase }) => [name, phase]), [
    ["tests/e2e/lifecycle/arbiter_test.ts", "waits"],
    ["tests/e2e/a/a_test.ts", "waits"],
    [loss, "busy"],
    [long, "computes"],
    ["tests/docs/a_test.ts", "computes"],
    ["tests/core", "computes"],
    [alone, "alone"],
  ]);
});

/** Runs jobs that take a turn each and tells, at the start of each, how many others run. */
async function started(atOnce: number, ...phases: Phase[]): Promise<string[]> {
  let running = 0;
  const told: string[] = [];
  const jobs = phases.map((phase) => ({ name: phase, files: [], phase }));
  await inOrder(jobs, atOnce, async ({ name }, isBeside) => {
    told.push(`${name}${isBeside ? " beside" : ""}, ${running++} others`);
    await new Promise((resolve) => setTimeout(resolve));
    running--;
  });
  return told;
}

Deno.test("four at once that wait and one that computes; then two at once, then one", async () => {
  const four: Phase[] = ["waits", "waits", "waits", "waits"];
  assertEquals(await started(2, ...four, "busy", "computes", "computes", "alone", "alone"), [
    ...[
      "computes beside, 0 others",
      "waits, 1 others",
      "waits, 2 others",
      "waits, 3 others",
      "waits, 4 others",
    ],
    ...["busy, 0 others", "computes, 1 others"],
    ...["alone, 0 others", "alone, 0 others"],
  ]);
});

Deno.test("with one at once all run one by one", async () => {
  assertEquals(await started(1, "waits", "busy", "computes", "alone"), [
    ...["waits, 0 others", "busy, 0 others", "computes, 0 others", "alone, 0 others"],
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
