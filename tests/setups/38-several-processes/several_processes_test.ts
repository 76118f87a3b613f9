/**
 * An application that asks `wsgi.multiprocess`
 * Holds: true; with `-w 1` false
 */
import { assertEquals } from "@std/assert";
import { get } from "../../support/http.ts";
import { setUp } from "../support/set_up.ts";

const variants: readonly (readonly [line: string, expected: string])[] = [
  ["-b 127.0.0.1:$PORT app:app", "True"],
  ["-w 1 -b 127.0.0.1:$PORT app:app", "False"],
  ["-w 1 --max-workers 4 -b 127.0.0.1:$PORT app:app", "True"],
];

for (const [line, expected] of variants) {
  const max = "--max-workers 4 ";
  setUp(import.meta, {
    line: line.replace(max, ""),
    own: line.includes(max) ? ["--max-workers", "4"] : [],
    versions: ["20.1", "newest"],
    observe: async ({ port }) => (await get({ port }, "/")).body,
    compare: (wrapped, bare) => assertEquals([wrapped, bare], [expected, "False"]),
  });
}

setUp(import.meta, {
  line: "-k gevent -b 127.0.0.1:$PORT app:app",
  versions: ["newest"],
  observe: async ({ port }) => (await get({ port }, "/")).body,
  compare: (wrapped) => assertEquals(wrapped, "True"),
});
