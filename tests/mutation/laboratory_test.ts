import { assertEquals, assertRejects } from "@std/assert";
import { type TempDir, tempDir } from "../support/tempdir.ts";
import { Laboratory } from "./laboratory.ts";
import { mutantsOf } from "./mutants.ts";

/** One of its mutants does not end: n = 3, then 5, 7 ... */
const CODE = "export function countDown(n: number, step: number): void {\n  while (n > 0) n -= step;\n}\n" +
  "export function larger(a: number, b: number): number {\n  return a > b ? a : b;\n}\n";

/** A repository with a core of one file, whose only test checks this. */
async function repository(check: string): Promise<TempDir> {
  const dir = await tempDir();
  await dir.write("deno.json", "{}");
  await dir.write("deno.lock", '{ "version": "5" }');
  await dir.write("docs/settings.md", "");
  await dir.write("src/core/pair.ts", CODE);
  await dir.write(
    "tests/core/pair_test.ts",
    `import { countDown, larger } from "../../src/core/pair.ts";
     Deno.test("pairs", async (t) => {
       await t.step("the larger one", () => {
         countDown(3, 2);
         if (!(${check})) throw new Error("not so");
       });
     });`,
  );
  return dir;
}

Deno.test("a mutant that a test sees is killed, one that none sees survives, one that does not end is timed out", async () => {
  await using dir = await repository("larger(1, 2) === 2");
  await using laboratory = await Laboratory.open(dir.path);
  await laboratory.checkTests();
  const mutants = mutantsOf("pair.ts", CODE);
  const outcomes = await laboratory.tryAll(mutants, 1_000);
  const named = mutants.map(({ change }, i) => [change, outcomes[i]]);
  assertEquals(named, [
    ["> → >=", "survived"],
    ["> → <=", "survived"],
    ["0 → 1", "survived"],
    ["-= → +=", "timed out"],
    ["> → >=", "survived"],
    ["> → <=", "killed"],
  ]);
});

Deno.test("tests that fail without any mutant prove nothing: the laboratory says so", async () => {
  await using dir = await repository("larger(1, 2) === 1");
  await using laboratory = await Laboratory.open(dir.path);
  await assertRejects(() => laboratory.checkTests(), Error, "the tests fail without any");
});
