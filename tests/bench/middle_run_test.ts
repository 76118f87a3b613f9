import { assertAlmostEquals, assertEquals } from "@std/assert";
import { type Absent, middleOf, type RunResult } from "../../bench/report/results.ts";
import { elsewhereCores } from "../../bench/servers/elsewhere.ts";

const runOf = (shareWithinSlo: number, workerSeconds = 10) =>
  ({ shareWithinSlo, workerSeconds }) as RunResult;
const shares = (result: RunResult | Absent) => result as RunResult;

Deno.test("of several runs the one with the middle share stands, with what all reached; of two the lower", () => {
  const middle = shares(middleOf([runOf(0.9, 3), runOf(0.7, 1), runOf(0.8, 2)]));
  assertEquals(middle.shareWithinSlo, 0.8);
  assertEquals(middle.ofAll, [[0.7, 1], [0.8, 2], [0.9, 3]]);
  assertEquals(shares(middleOf([runOf(0.9), runOf(0.7)])).shareWithinSlo, 0.7);
});

Deno.test("one run is as it was, and a server that could not take part stays absent", () => {
  assertEquals(middleOf([runOf(0.9)]), runOf(0.9));
  assertEquals(middleOf([{ absent: "no ASGI" }, { absent: "no ASGI" }]), { absent: "no ASGI" });
});

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
