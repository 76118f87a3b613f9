import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { fixed } from "../../../src/simulation/controllers/controller.ts";
import { run } from "../../../src/simulation/server/engine.ts";
import { scenario } from "./scripted_scenario.ts";

/** Erlang's C: the share that waits with c servers and `erlangs` of work. */
function erlangC(c: number, erlangs: number): number {
  let term = 1, sum = 1;
  for (let k = 1; k < c; k++) sum += term *= erlangs / k;
  term *= erlangs / c;
  const tail = term * c / (c - erlangs);
  return tail / (sum + tail);
}

Deno.test("sync workers wait as Erlang's C says (M/M/c)", () => {
  for (const [workers, rate] of [[1, 5], [4, 30], [12, 100]] as const) {
    const result = run(scenario(`${rate}x2h`, "exponential:100", { clientTimeoutMs: 1e9 }), fixed(workers));
    const erlangs = rate * 0.1;
    const waitMs = erlangC(workers, erlangs) * 100 / (workers - erlangs);
    assertAlmostEquals(
      result.meanMs,
      100 + waitMs,
      0.03 * (100 + waitMs),
      `${workers} workers at ${rate} req/s`,
    );
  }
});

Deno.test("one sync worker with constant service waits as Pollaczek and Khinchin say (M/D/1)", () => {
  const result = run(scenario("8x2h", "constant:100", { clientTimeoutMs: 1e9 }), fixed(1));
  // rho 0.8: wait = rho / (2 (1 - rho)) x service = 200 ms
  assertAlmostEquals(result.meanMs, 300, 12);
});

Deno.test("workers that compute share the cores (M/G/1 processor sharing: mean = service / (1 - rho))", () => {
  // 200 workers never queue; one core shared by all is the PS queue, whose mean does not depend on the distribution.
  for (const service of ["cpu:20", "cpu:exponential:20", "cpu:lognormal:16,0.668"]) {
    const result = run(scenario("35x2h", service, { cores: 1, clientTimeoutMs: 1e9 }), fixed(200));
    assertAlmostEquals(result.meanMs, 20 / (1 - 0.7), 4, service);
  }
});

Deno.test("the threads of one worker share its one core (processor sharing inside), though more cores are free", () => {
  const gthread = { model: { kind: "gthread", slots: 200 }, cores: 8, clientTimeoutMs: 1e9 } as const;
  const result = run(scenario("35x2h", "cpu:exponential:20", gthread), fixed(1));
  assertAlmostEquals(result.meanMs, 20 / (1 - 0.7), 4);
});

Deno.test("an event loop serves its CPU parts one after the other (M/G/1 fifo), waits cost it nothing", () => {
  const uvicorn = { model: { kind: "uvicorn", slots: 1000 }, cores: 8, clientTimeoutMs: 1e9 } as const;
  const result = run(scenario("35x2h", "cpu:exponential:20+wait:50", uvicorn), fixed(1));
  // M/M/1: 20 / (1 - 0.7) = 66.7, and the wait of 50
  assertAlmostEquals(result.meanMs, 50 + 20 / (1 - 0.7), 4);
});

Deno.test("with cores to spare a CPU part takes as long as it is", () => {
  const result = run(scenario("10x60s", "cpu:20+wait:30", { cores: 64 }), fixed(20));
  assertAlmostEquals(result.p99Ms, 50, 1);
  assertAlmostEquals(result.cpuSeconds, result.offered * 0.02, 0.5);
});

Deno.test("the same seed gives the same result to the last digit, another seed another", () => {
  const once = run(scenario("50x60s", "lognormal:50,0.5"), fixed(4));
  const again = run(scenario("50x60s", "lognormal:50,0.5"), fixed(4));
  const other = run(scenario("50x60s", "lognormal:50,0.5", { seed: 2 }), fixed(4));
  assertEquals(once, again);
  assert(other.meanMs !== once.meanMs);
});

Deno.test("every controller meets the same requests", () => {
  const few = run(scenario("50x60s", "lognormal:50,0.5"), fixed(2));
  const many = run(scenario("50x60s", "lognormal:50,0.5"), fixed(20));
  assertEquals(few.offered, many.offered);
  assertEquals(few.timeline.offeredPerSecond, many.timeline.offeredPerSecond);
});
