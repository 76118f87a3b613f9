/** What the binary loads before it starts gunicorn, which waits for it. */
import { assert, assertEquals } from "@std/assert";
import { stage } from "../../packaging/bundle.ts";
import { tempDir } from "../support/tempdir.ts";

/** Most characters of JavaScript: V8 takes 1 ms for 25,000. */
const MOST = 71_000;

/** Words of what only a running gunicorn needs. */
const LATER: ReadonlyMap<string, string> = new Map([
  ["libc.so.6", "calls into glibc"],
  ["lowestLevel", "the log"],
  ["/livez", "the status server"],
  ["/proc/net/tcp", "the accept queues"],
  ["Cannot listen for StatsD", "StatsD"],
  ["load may return", "the words of decisions"],
  ["down-cooldown", "the law"],
  ["--compare", "the simulation"],
]);

type Files = ReadonlyMap<string, string>;

/** The file, and all that it imports before it runs. */
function withImports(files: Files, name: string, found = new Set<string>()): Set<string> {
  if (found.has(name)) return found;
  found.add(name);
  for (const [, other] of files.get(name)!.matchAll(/\b(?:from|import) ?"\.\/([^"]+)"/g)) {
    withImports(files, other!, found);
  }
  return found;
}

async function bundled(): Promise<Files> {
  await using root = await tempDir();
  const { bundle } = await stage(root.path);
  const names = [...Deno.readDirSync(bundle)].map(({ name }) => name);
  return new Map(names.map((name) => [name, Deno.readTextFileSync(`${bundle}/${name}`)]));
}

Deno.test("gunicorn's start does not wait for what is needed only while it runs", async () => {
  const files = await bundled();
  const run = /import\("\.\/(run-\w+\.js)"\)/.exec(files.get("main.js")!)![1]!;
  const text = [...withImports(files, run, withImports(files, "main.js"))].map((name) => files.get(name)!)
    .join("");
  const all = [...files.values()].join("");
  for (const [word, what] of LATER) {
    assert(all.includes(word), `${what} has no ${word} any more`);
    assert(!text.includes(word), `${what} is loaded before gunicorn starts`);
  }
  assert(text.length <= MOST, `${text.length} characters are loaded before gunicorn starts`);
});

Deno.test("imports of imports are found, and those for later are not", () => {
  const files = new Map([
    ["a.js", 'import{x as y}from"./b.js";import"./c.js";await import("./d.js")'],
    ["b.js", 'export{z}from "./e.js"'],
    ["c.js", 'import "./a.js"'],
    ["d.js", ""],
    ["e.js", ""],
  ]);
  assertEquals([...withImports(files, "a.js")], ["a.js", "b.js", "e.js", "c.js"]);
});
