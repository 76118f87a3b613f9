/** What the test suite names is there: a file that moved would run in the wrong company, or not at all. */
import { assertEquals, assertGreater } from "@std/assert";
import { ALONE, BUSY, COMPUTING_TOO, LONGEST, OTHER_SUITES } from "../../tasks/test/plan.ts";
import { read } from "./modules.ts";

const root = new URL("../../", import.meta.url);

function missing(paths: readonly string[]): string[] {
  return paths.filter((path) => {
    try {
      Deno.statSync(new URL(path, root));
      return false;
    } catch {
      return true;
    }
  });
}

Deno.test("files and folders that tasks/test/plan.ts names exist", () => {
  assertEquals(missing([...ALONE.keys(), ...BUSY, ...COMPUTING_TOO, ...LONGEST, ...OTHER_SUITES]), []);
});

Deno.test("files and folders that .ci/run names exist", () => {
  const paths = read(".ci/run").match(/\btests\/[\w/.-]+/g) ?? [];
  assertGreater(paths.length, 10);
  assertEquals(missing(paths), []);
});

Deno.test("a path that is not there is found", () => {
  assertEquals(missing(["tests/core", "tests/nowhere"]), ["tests/nowhere"]);
});
