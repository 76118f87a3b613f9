import { assert, assertEquals } from "@std/assert";
import { read } from "../architecture/modules.ts";

/** Links of the page to tests: [beginning of a test's name](../tests/FILE). */
const claims = [
  ...read("docs/security.md").matchAll(/\[([^\]]+)\]\(\.\.\/(tests\/[\w/]+\.(?:ts|py))\)/g),
];

Deno.test("every test that docs/security.md names is there under that name", () => {
  assert(claims.length >= 30, `${claims.length} claims`);
  const missing = claims.filter(([, name, path]) => !read(path!).includes(name!));
  assertEquals(missing.map(([claim]) => claim), []);
});

Deno.test("every file of tests/security proves something that docs/security.md claims", () => {
  const linked = new Set(claims.map(([, , path]) => path));
  for (const { name } of Deno.readDirSync(new URL("../security", import.meta.url))) {
    if (name.endsWith("_test.ts")) assert(linked.has(`tests/security/${name}`), name);
  }
});
