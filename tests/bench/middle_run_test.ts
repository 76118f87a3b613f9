import { assertEquals } from "@std/assert";
import { type Absent, middleOf, type RunResult } from "../../bench/report/results.ts";

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
