import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Application } from "./catalog.ts";
import { applicationsTable, withTable } from "./page.ts";
import type { Trial } from "./trial.ts";

const application = (name: string): Application => ({
  name,
  packages: [`${name}==1.2`],
  line: `gunicorn ${name}`,
  words: () => [name],
  path: "/",
  perSecond: 1,
});
const trial = (way: Trial["way"]): Trial => ({
  application: "one",
  way,
  startS: 0.44,
  scaling: { sent: 120, lost: way === "bare" ? 3 : 0 },
  reload: { sent: way === "bare" ? 80 : 81, lost: 0 },
  stopS: 1,
  exitCode: 0,
});

Deno.test("a row for each application that was tried both ways, bare before wrapped", () => {
  const table = applicationsTable([application("one"), application("two")], [
    trial("wrapped"),
    trial("bare"),
  ]);
  assertEquals(table.split("\n").slice(2), [
    "| one 1.2 | `gunicorn one` | 3 / 0 of 120 | 0 of 80 / 0 of 81 | 0.4 / 0.4 | 1.0 / 1.0 |",
  ]);
  const failed = applicationsTable([application("one")], [trial("bare"), {
    ...trial("wrapped"),
    exitCode: 3,
  }]);
  assert(failed.endsWith("| 1.0 / 1.0 with 3 |"), failed);
});

Deno.test("the row of an application that was not tried stays, and no other's", () => {
  const page = "| one 1.1 | old |\n| two 1.2  | old |\n| gone 1 | old |";
  const table = applicationsTable([application("one"), application("two"), application("three")], [
    trial("bare"),
    trial("wrapped"),
  ], page);
  const [first, ...rest] = table.split("\n").slice(2);
  assert(first!.startsWith("| one 1.2 | `gunicorn one` |"), first);
  assertEquals(rest, ["| two 1.2  | old |"]);
});

Deno.test("the table stands between its markers, and a page without them is refused", () => {
  const page = "a\n<!-- applications: begin -->\nold\n<!-- applications: end -->\nb";
  const once = withTable(page, "| new |");
  assertEquals(once, "a\n<!-- applications: begin -->\n\n| new |\n\n<!-- applications: end -->\nb");
  assertEquals(withTable(once, "| new |"), once);
  assertThrows(() => withTable("nothing", "x"), Error, "Cannot write the table");
});
