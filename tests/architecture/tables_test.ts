/** Tables of the documentation stay readable, and the paths that it names exist. */
import { assertEquals } from "@std/assert";
import { markdownFiles } from "../docs/markdown.ts";
import { read } from "./modules.ts";

/** Longest text of a cell, in characters. */
const CELL = 100;

/** Cells longer than `most`, as "FILE:LINE: N characters". */
function longCells(path: string, text: string, most = CELL): string[] {
  return text.replace(/^```.*?^```/gms, (block) => block.replace(/.+/g, "")).split("\n").flatMap(
    (line, i) => {
      if (!line.startsWith("|")) return [];
      const cells = line.slice(1).split(/(?<!\\)\|/).map((cell) => cell.trim());
      return cells.filter((cell) => cell.length > most).map((cell) =>
        `${path}:${i + 1}: ${cell.length} characters`
      );
    },
  );
}

Deno.test(`no table has a cell of more than ${CELL} characters`, () => {
  assertEquals(markdownFiles().flatMap((path) => longCells(path, read(path))), []);
});

Deno.test("a long cell is found, in a table but not in a code block", () => {
  const text = "| a | bcd |\n```\n| abcd |\n```\n| e\\|f |";
  assertEquals(longCells("x.md", text, 2), ["x.md:1: 3 characters", "x.md:5: 4 characters"]);
});

Deno.test("every file and folder that the documentation names exists", () => {
  const missing = markdownFiles().flatMap((path) => {
    const prose = read(path).replace(/^```.*?^```/gms, "");
    const named = prose.matchAll(
      /`((?:src|probe|bench|tests|docs|deploy|tasks|packaging|examples)\/[\w./-]*)`/g,
    );
    return [...named].map((match) => match[1]!).filter((name) => !exists(name)).map((name) =>
      `${path}: ${name}`
    );
  });
  assertEquals(missing, []);
});

function exists(path: string): boolean {
  try {
    Deno.statSync(new URL(`../../${path}`, import.meta.url));
    return true;
  } catch {
    return false;
  }
}
