import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import type { Outcome } from "./support/fault.ts";
import { faultTable, withTable } from "./support/fault_table.ts";

const one = (server: Outcome["server"], steadyMs?: number, seen?: string): Outcome => ({
  fault: "a fall",
  holds: "it gets up",
  server,
  steadyMs,
  ...(seen === undefined ? {} : { seen }),
});

Deno.test("the table has the median and the slowest of all runs, and what was seen of the others", () => {
  const table = faultTable([
    one("autoscaler", 300),
    one("autoscaler", 1500),
    one("autoscaler", 20),
    one("rust", undefined, "stays down"),
    one("gunicorn", 40, "0 of 3 lost"),
  ]);
  assertStringIncludes(table, "- **a fall**: it gets up (300 ms, 1.5 s).");
  assertStringIncludes(table, "| a fall | 40 ms, 0 of 3 lost | stays down |");
});

Deno.test("that no request is lost is said by the page, not by each item", () => {
  const item = (holds: string) => faultTable([{ ...one("autoscaler"), holds }]);
  assertEquals(item("no request is lost, and it grows"), "- **a fall**: it grows.");
  assertEquals(item("it grows, no request is lost, and it ends"), "- **a fall**: it grows, and it ends.");
  assertEquals(item("it grows; no request is lost"), "- **a fall**: it grows.");
  assertEquals(
    item("it grows, and no other request is lost"),
    "- **a fall**: it grows, and no other request is lost.",
  );
});

Deno.test("the table is put between the markers of the page, and nothing else changes", () => {
  const page = "a\n<!-- faults: begin -->\nold\n<!-- faults: end -->\nb";
  assertEquals(
    withTable(page, "new"),
    "a\n<!-- faults: begin -->\n\nnew\n\n<!-- faults: end -->\nb",
  );
  assertThrows(() => withTable("a", "new"), Error, "Cannot write the table");
});
