/** What a module exports is used by another. */
import { assertEquals } from "@std/assert";
import { filesIn, type ModulePath, read } from "./modules.ts";

const EXPORTED = /^export (?:async )?(?:const|let|function\*?|class) (\w+)/gm;
const FOLDERS = ["src", "bench", "tasks", "packaging", "docs", "examples", "tests"];

/** Values, not types, that no other text names. */
function unused(texts: ReadonlyMap<ModulePath, string>): string[] {
  const words = new Map([...texts].map(([path, text]) => [path, new Set(text.match(/\w+/g))]));
  return [...texts].flatMap(([path, text]) =>
    [...text.matchAll(EXPORTED)].map(([, name]) => name!)
      .filter((name) => ![...words].some(([other, all]) => other !== path && all.has(name)))
      .map((name) => `${path}: ${name}`)
  );
}

Deno.test("every exported value is used by another module", () => {
  const paths = ["main.ts", ...FOLDERS.flatMap((folder) => filesIn(folder, [".ts", ".js", ".html"]))];
  assertEquals(unused(new Map(paths.map((path) => [path, read(path)]))), []);
});

Deno.test("an exported value that only its own module uses is found", () => {
  const texts = new Map([["a.ts", "export const A = 1;\nuse(A);"], ["b.ts", "export function b() {}"]]);
  texts.set("c.ts", 'import { b } from "./b.ts";');
  assertEquals(unused(texts), ["a.ts: A"]);
});
