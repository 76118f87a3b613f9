/** Files and folders stay small enough to be read at one sitting. */
import { assertEquals } from "@std/assert";
import { filesIn, read } from "./modules.ts";

/** Most lines of a file; CONTRIBUTING.md asks for about 250. */
const LINES = 280;
const TEST_LINES = 400;
/** Most files right in a folder; CONTRIBUTING.md asks for about 15. */
const FILES = 16;

/** Longest line of Python, as in .editorconfig, and of a comment in TypeScript, of which `deno fmt` wraps the code. */
const PYTHON_COLUMNS = 120;
const COMMENT_COLUMNS = 125;

/** Larger for a reason that is named here. */
const LARGE_FILES: ReadonlyMap<string, string> = new Map([
  ["src/status/dashboard/dashboard.css", "one style sheet that the page loads at once"],
]);

const CODE = [".ts", ".js", ".py", ".css", ".html", ".sh"];
const source = ["src", "probe", "bench", "tasks", "packaging", "docs", "examples"]
  .flatMap((folder) => filesIn(folder, CODE));
const tests = filesIn("tests", CODE);

function longer(files: readonly string[], most: number): string[] {
  return files.filter((path) => read(path).split("\n").length - 1 > most && !LARGE_FILES.has(path));
}

Deno.test(`no file of the program has more than ${LINES} lines`, () => {
  assertEquals(longer(source, LINES), []);
});

Deno.test(`no file of the tests has more than ${TEST_LINES} lines`, () => {
  assertEquals(longer(tests, TEST_LINES), []);
});

Deno.test(`no folder of code has more than ${FILES} files`, () => {
  const counts = new Map<string, number>();
  for (const path of [...source, ...tests]) {
    const folder = path.slice(0, path.lastIndexOf("/"));
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  const large = [...counts].filter(([, count]) => count > FILES);
  assertEquals(large, []);
});

/** Lines that are longer, and that the pattern describes: "path:number". */
function wider(ending: string, columns: number, kind = /./): string[] {
  return [...source, ...tests].filter((path) => path.endsWith(ending)).flatMap((path) =>
    read(path).split("\n").flatMap((line, i) =>
      line.length > columns && kind.test(line) ? [`${path}:${i + 1}`] : []
    )
  );
}

Deno.test(`no line of Python has more than ${PYTHON_COLUMNS} characters`, () => {
  assertEquals(wider(".py", PYTHON_COLUMNS), []);
});

Deno.test(`no comment in TypeScript has more than ${COMMENT_COLUMNS} characters a line`, () => {
  assertEquals(wider(".ts", COMMENT_COLUMNS, /^ *(\/\*\*|\*|\/\/)/), []);
});
