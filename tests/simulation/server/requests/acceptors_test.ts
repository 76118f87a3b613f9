import { assertAlmostEquals } from "@std/assert";
import { fixed } from "../../../../src/simulation/controllers/controller.ts";
import { NOTHING } from "../../../../src/simulation/load/service_time.ts";
import { run } from "../../../../src/simulation/server/engine.ts";
import { scenario } from "../scripted_scenario.ts";

/** Latency of the third of three requests on two loops, ms: each takes 10 ms of CPU and blocks for 10 ms. */
function thirdRequestMs(kind: "uvicorn" | "gevent", gapMs: number): number {
  const { meanMs } = run(
    scenario(`${1000 / gapMs}x${3 * gapMs}ms`, "100", {
      service: { cpu: NOTHING, wait: { kind: "constant", ms: 10 }, blocks: true },
      arrivals: "uniform",
      model: { kind, slots: 1000 },
      requestCpuMs: 10,
    }),
    fixed(2),
  );
  return 3 * meanMs - 40;
}

Deno.test("asyncio takes another connection while it opens one; gevent leaves it to the first that is free", () => {
  // At 7.5 ms: behind the second request on its loop until 44.5 ms, or on the first loop until 41.5.
  assertAlmostEquals(thirdRequestMs("uvicorn", 3), 37, 0.01);
  assertAlmostEquals(thirdRequestMs("gevent", 3), 34, 0.01);
});

Deno.test("a loop that has come to its request takes no other", () => {
  // Requests at 3, 9 and 15 ms: the second is opened until 14.
  assertAlmostEquals(thirdRequestMs("uvicorn", 6), 28, 0.01);
});
