import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { runLoad } from "../../../bench/load/load.ts";
import { parsePhases } from "../../../bench/load/phases.ts";
import { WorkerSampler } from "../../../bench/servers/workers.ts";
import { autoscaled } from "../../support/autoscaled.ts";
import { hasWorker } from "../../support/venv.ts";

/** A burst that one worker of the class cannot carry, and how many it needs at least. */
interface Case {
  readonly name: string;
  readonly app: string;
  readonly gunicorn: readonly string[];
  /** rate x seconds : path */
  readonly phases: string;
  readonly own?: readonly string[];
  readonly atLeast: number;
}

const cases: readonly Case[] = [
  {
    name: "gthread: more requests than threads",
    app: "wsgi:app",
    gunicorn: ["-k", "gthread", "--threads", "4"],
    phases: "10x2s:/sleep/50,90x5s:/sleep/100,5x3s:/sleep/20",
    atLeast: 3,
  },
  {
    name: "gevent: more requests in flight than a worker should carry",
    app: "wsgi:app",
    gunicorn: ["-k", "gevent"],
    phases: "10x2s:/sleep/50,150x6s:/sleep/200,5x3s:/sleep/20",
    own: ["--target-conc-per-worker", "8"],
    atLeast: 3,
  },
  {
    name: "native asgi: more requests in flight than a worker should carry",
    app: "asgi:app",
    gunicorn: ["-k", "asgi"],
    phases: "10x2s:/sleep/50,150x6s:/sleep/200,5x3s:/sleep/20",
    own: ["--target-conc-per-worker", "8"],
    atLeast: 3,
  },
  {
    name: "uvicorn_worker, H11: more requests in flight than a worker should carry",
    app: "asgi:app",
    gunicorn: ["-k", "uvicorn_worker.UvicornH11Worker"],
    phases: "10x2s:/sleep/50,120x6s:/sleep/200,5x3s:/sleep/20",
    own: ["--target-conc-per-worker", "8"],
    atLeast: 3,
  },
  {
    name: "uvicorn.workers: more requests in flight than a worker should carry",
    app: "asgi:app",
    gunicorn: ["-k", "uvicorn.workers.UvicornWorker"],
    phases: "10x2s:/sleep/50,120x6s:/sleep/200,5x3s:/sleep/20",
    own: ["--target-conc-per-worker", "8"],
    atLeast: 3,
  },
];

for (const { name, app, gunicorn, phases, own = [], atLeast } of cases) {
  const ignore = !hasWorker("newest", gunicorn[1] ?? "");
  Deno.test(`${name}: up in a burst, down after it, no error`, { ignore }, async () => {
    await using server = await autoscaled({
      own: ["--min-workers", "1", "--max-workers", "6", "--idle-seconds", "2", ...own],
      app,
      gunicorn,
    });
    await server.untilWorkers(1);
    const sampler = new WorkerSampler(server.master, "children");
    const report = await runLoad({
      port: server.port,
      phases: parsePhases(phases),
      arrivals: "poisson",
      seed: 3,
      keepAlive: false,
    });
    const { changes } = sampler.stop(0, Infinity);
    const log = `${JSON.stringify(changes)}\n${server.log()}`;
    assertEquals([report.errors, report.timeouts], [0, 0], log);
    assertGreaterOrEqual(Math.max(...changes.map(([, workers]) => workers)), atLeast, log);
    await server.untilWorkers(1, 40_000);
    assert(!server.log().includes("could not attach"), log);
  });
}

Deno.test("keep-alive clients on gthread: connections are no demand, requests are", async () => {
  await using server = await autoscaled({
    own: ["--min-workers", "1", "--max-workers", "6", "--idle-seconds", "2"],
    gunicorn: ["-k", "gthread", "--threads", "4", "--keep-alive", "30"],
  });
  const sampler = new WorkerSampler(server.master, "children");
  const report = await runLoad({
    port: server.port,
    phases: parsePhases("10x6s:/sleep/20"),
    arrivals: "uniform",
    keepAlive: true,
  });
  assertEquals(report.errors, 0);
  const { changes } = sampler.stop(0, Infinity);
  assertEquals(Math.max(...changes.map(([, workers]) => workers)), 1, server.log());
});
