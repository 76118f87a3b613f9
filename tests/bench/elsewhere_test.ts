import { assertAlmostEquals, assertEquals } from "@std/assert";
import { elsewhereCores } from "../../bench/servers/elsewhere.ts";

Deno.test("what else took the CPU counts as much as the server computed meanwhile", () => {
  const reading = (atMs: number, machineMs: number, serverMs: number) => ({ atMs, machineMs, serverMs });
  // A second in which the server idles and others take 1 core, then one in which it computes beside 0.2.
  const readings = [reading(0, 0, 0), reading(1000, 1000, 0), reading(2000, 2700, 1500)];
  assertAlmostEquals(elsewhereCores(readings), 0.2, 1e-9);
  // A third of the server's time with 1 core elsewhere, two thirds with none.
  assertAlmostEquals(
    elsewhereCores([reading(0, 0, 0), reading(1000, 1500, 500), reading(2000, 2500, 1500)]),
    1 / 3,
    1e-9,
  );
  assertEquals(elsewhereCores([reading(0, 0, 0), reading(1000, 500, 0)]), 0);
});
