import { assertEquals } from "@std/assert";
import { didYouMean, nearName } from "../../src/settings/near_name.ts";

Deno.test("a slip of the fingers is known again, what is near nothing is not guessed at", () => {
  const flags = ["--load", "--probe", "--max-workers", "--min-workers"];
  const cases: [word: string, near: string | undefined][] = [
    ["--loda", "--load"],
    ["--max-wrokers", "--max-workers"],
    ["--workers-max", undefined],
    ["--max-worker", "--max-workers"],
    ["--max", "--max-workers"],
    ["--m", undefined],
    ["--json", undefined],
    ["--nonsense", undefined],
  ];
  for (const [word, near] of cases) assertEquals(nearName(word, flags), near, word);
});

Deno.test("a sentence ends with the name that was meant, or with what to do", () => {
  assertEquals(didYouMean("chek", ["check"], "see --help"), "did you mean check?");
  assertEquals(didYouMean("x", ["status"], "see --help"), "see --help");
});
