/** The numbers of the law are on one page, each with its reason. */
import { assertEquals } from "@std/assert";
import { filesIn, read } from "./modules.ts";

const PAGE = "src/core/constants.ts";
/** The layout of the latency buckets, which the probe shares, is no rule. */
const LAYOUT = "src/core/histogram.ts";
const NUMBER = /^(?:export )?const ([A-Z][A-Z0-9_]*) = [-\d[]/gm;

const namesIn = (text: string) => [...text.matchAll(NUMBER)].map(([, name]) => name!);

Deno.test("no constant of src/core is outside of constants.ts", () => {
  const elsewhere = filesIn("src/core", [".ts"]).filter((path) => path !== PAGE && path !== LAYOUT)
    .flatMap((path) => namesIn(read(path)).map((name) => `${path}: ${name}`));
  assertEquals(elsewhere, []);
});

Deno.test("every constant of the law has a comment that says why", () => {
  const bare = read(PAGE).split("\n").filter((line, i, lines) =>
    line.startsWith("export const ") && !lines[i - 1]!.endsWith("*/")
  );
  assertEquals(bare, []);
});

Deno.test("a constant elsewhere is found", () => {
  assertEquals(namesIn("const HOLD_MS = 300;\nexport const FALLS = [1];\nconst text = 3;"), [
    "HOLD_MS",
    "FALLS",
  ]);
});
