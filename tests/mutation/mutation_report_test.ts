import { assert, assertEquals } from "@std/assert";
import { excuseOf, stale } from "./equivalent.ts";
import type { Outcome } from "./laboratory.ts";
import { mutantsIn, mutantsOf } from "./mutants.ts";
import { caughtShare, report, sentence } from "./mutation_report.ts";

const mutants = mutantsOf("code.ts", "if (a < b) f(3);\n");
const tried = (...outcomes: Outcome[]) => outcomes.map((outcome, i) => ({ mutant: mutants[i]!, outcome }));

Deno.test("what is killed or does not end is caught", () => {
  assertEquals(caughtShare(tried("killed", "timed out", "survived", "survived")), 0.5);
  assertEquals(caughtShare([]), 1);
});

Deno.test("the report has a line a file and one for all", () => {
  const lines = report(tried("killed", "timed out", "survived", "killed", "killed")).split("\n");
  assertEquals(lines.length, 3);
  assertEquals(lines[1]!.trim().split(/\s{2,}/), ["code.ts", "5", "3", "1", "1", "80.0 %"]);
  assertEquals(lines[2]!.trim().split(/\s{2,}/), ["all", "5", "3", "1", "1", "80.0 %"]);
});

Deno.test("a survivor is listed with its place and what was changed", () => {
  assertEquals(sentence(mutants[0]!), "code.ts:1: < → <=: if (a < b) f(3);");
});

Deno.test("an excuse holds for the line and the changes it names; one that names none there are is stale", () => {
  const list = [{ file: "code.ts", code: "if (a < b) f(3);", changes: ["< → <=", "3 → 9"], because: "so" }];
  assertEquals(mutants.map((mutant) => excuseOf(mutant, list)), [
    "so",
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  assertEquals(stale(mutants, list), ['code.ts: "if (a < b) f(3);": 3 → 9']);
});

Deno.test("every excuse in the list is one for code that is there", () => {
  const core = new URL("../../src/core/", import.meta.url);
  const all = mutantsIn(core.pathname.replace(/\/$/, ""));
  assert(all.length > 0);
  assertEquals(stale(all), []);
});
