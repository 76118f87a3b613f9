import { assertEquals, assertGreaterOrEqual, assertLessOrEqual } from "@std/assert";
import { runLoad } from "../../../bench/load/load.ts";
import { parsePhases } from "../../../bench/load/phases.ts";
import { WorkerSampler } from "../../../bench/servers/workers.ts";
import { autoscaled, program } from "../../support/autoscaled.ts";
import { compiledBinary } from "../../../tests/support/builds/binary.ts";
import type { VenvName } from "../../support/venv.ts";

/** The short form of the burst that docs/benchmarks.md measures in full: quiet, twelve times the load, quiet again. */
const PHASES = "5x3s:/sleep/50,60x6s:/sleep/100,5x8s:/sleep/50";
const BURST_AT_MS = 3_000;
const TOTAL_MS = 17_000;
/** Its burst begins as one does on average: 14 requests in the first 200 ms. A lull there would be timed as the law's. */
const SEED = 1;

const source = program();
const binary = await compiledBinary();
const compiled = binary === undefined ? source : [binary];
const CASES: readonly [VenvName, words: readonly string[], as: string][] = [
  ["newest", source, ""],
  ["20.1", source, ""],
  ["23", compiled, binary === undefined ? "" : ", compiled"],
];

for (const [name, words, as] of CASES) {
  Deno.test(`a burst on gunicorn ${name}${as}: answered at once, no error, back to the minimum`, async () => {
    await using server = await autoscaled({
      own: ["--min-workers", "2", "--max-workers", "12"],
      venv: name,
      wrap: (given) => [...words, ...given.slice(source.length)],
    });
    await server.untilWorkers(2);
    const sampler = new WorkerSampler(server.master, "children");
    let startMs = 0;
    const report = await runLoad({
      port: server.port,
      phases: parsePhases(PHASES),
      arrivals: "poisson",
      seed: SEED,
      onStart: (ms) => startMs = ms,
    });
    const { changes } = sampler.stop(startMs, TOTAL_MS);
    const log = `${JSON.stringify(changes)}\n${server.log()}`;
    assertEquals([report.errors, report.timeouts], [0, 0], log);
    // 99 % of the full form; here the first moments of the burst weigh three times as much.
    assertGreaterOrEqual(report.shareWithin(300), 0.97, log);
    const first = changes.find(([atMs, workers]) => atMs > 0 && workers > 2);
    if (first === undefined) throw new Error(`no growth: ${log}`);
    assertLessOrEqual(first[0] - BURST_AT_MS, 500, `first growth: ${log}`);
    assertGreaterOrEqual(Math.max(...changes.map(([, workers]) => workers)), 7, log);
    await server.untilWorkers(2, 15_000);
  });
}

Deno.test("one health check every two seconds keeps no more than the minimum alive", async () => {
  await using server = await autoscaled({ own: ["--min-workers", "1", "--max-workers", "8"] });
  const sampler = new WorkerSampler(server.master, "children");
  const report = await runLoad({ port: server.port, phases: parsePhases("0.5x7s:/"), arrivals: "uniform" });
  assertEquals(report.errors, 0);
  const { changes } = sampler.stop(0, Infinity);
  assertEquals(Math.max(...changes.map(([, workers]) => workers)), 1, server.log());
});

Deno.test("a slow dependency: stays at two or three workers, and the log says why", async () => {
  await using server = await autoscaled({ own: ["--min-workers", "2", "--max-workers", "12"] });
  const sampler = new WorkerSampler(server.master, "children");
  await runLoad({ port: server.port, phases: parsePhases("3x9s:/sleep/400"), arrivals: "uniform" });
  const { changes } = sampler.stop(0, Infinity);
  assertLessOrEqual(Math.max(...changes.map(([, workers]) => workers)), 3, server.log());
  await server.process.line(
    /is over 300 ms, but no request waits .*: the app is slow, more workers would not help/,
  );
});
