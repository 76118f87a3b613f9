import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { runLoad } from "../../../bench/load/load.ts";
import { parsePhases } from "../../../bench/load/phases.ts";
import { WorkerSampler } from "../../../bench/servers/workers.ts";
import { autoscaled } from "../../support/autoscaled.ts";

/** 1.2 cores from the fourth second on, for as long as growth takes: on a busy machine requests pile up. */
const PHASES = "10x3s:/cpu/20,60x4s:/cpu/20,5x3s:/cpu/20";

Deno.test("uvicorn_worker, more CPU than one loop has: up in a burst, down after it, no error", async () => {
  await using server = await autoscaled({
    own: ["--min-workers", "1", "--max-workers", "6", "--idle-seconds", "2"],
    app: "fast_api:app",
    gunicorn: ["-k", "uvicorn_worker.UvicornWorker"],
  });
  await server.untilWorkers(1);
  const sampler = new WorkerSampler(server.master, "children");
  const report = await runLoad({
    port: server.port,
    phases: parsePhases(PHASES),
    arrivals: "poisson",
    seed: 3,
    keepAlive: false,
    timeoutMs: 30_000,
  });
  const { changes } = sampler.stop(0, Infinity);
  const log = `${JSON.stringify(changes)}\n${server.log()}`;
  assertEquals([report.errors, report.timeouts], [0, 0], log);
  assertGreaterOrEqual(Math.max(...changes.map(([, workers]) => workers)), 2, log);
  await server.untilWorkers(1, 60_000);
  assert(!server.log().includes("could not attach"), log);
});
