import { assert, assertEquals, assertGreaterOrEqual, assertLess, assertStringIncludes } from "@std/assert";
import { runLoad } from "../../../bench/load/load.ts";
import { parsePhases } from "../../../bench/load/phases.ts";
import { WorkerSampler } from "../../../bench/servers/workers.ts";
import { handles } from "../../../src/sensors/machine/arbiter_search.ts";
import { autoscaled } from "../../support/autoscaled.ts";
import { freeUdpPort } from "../../support/port.ts";
import { tempDir } from "../../support/tempdir.ts";
import type { VenvName } from "../../support/venv.ts";
import { until } from "../../support/wait.ts";

/** A StatsD server of the user's own, and the packets that it heard. */
class StatsdServer implements AsyncDisposable {
  readonly heard: string[] = [];
  readonly #socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  readonly #hearing = this.#hear();

  get port(): number {
    return (this.#socket.addr as Deno.NetAddr).port;
  }

  async #hear(): Promise<void> {
    for await (const [packet] of this.#socket) this.heard.push(new TextDecoder().decode(packet));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await this.#hearing;
  }
}

for (const name of ["newest", "20.1"] as const satisfies readonly VenvName[]) {
  Deno.test(`without the probe, gunicorn ${name}: up in a burst and down after it by single signals`, async () => {
    await using server = await autoscaled({
      own: ["--probe", "off", "--statsd-addr", `127.0.0.1:${freeUdpPort()}`, "--max-workers", "8"],
      venv: name,
    });
    await server.untilWorkers(2);
    const sampler = new WorkerSampler(server.master, "children");
    const report = await runLoad({
      port: server.port,
      phases: parsePhases("5x3s:/sleep/50,40x5s:/sleep/100,3x3s:/sleep/50"),
      arrivals: "poisson",
      seed: 5,
    });
    const { changes } = sampler.stop(0, Infinity);
    const log = `${JSON.stringify(changes)}\n${server.log()}`;
    assertEquals([report.errors, report.timeouts], [0, 0], log);
    assertGreaterOrEqual(Math.max(...changes.map(([, workers]) => workers)), 5, log);
    await server.untilWorkers(2, 60_000);
  });
}

for (const name of ["newest", "20.1"] as const satisfies readonly VenvName[]) {
  Deno.test(`without the probe, gunicorn ${name}: a worker that is being forked hears the signal to end`, async () => {
    await using dir = await tempDir();
    // Up to the end of this hook it has the master's handlers, which only queue.
    const config = await dir.write(
      "conf.py",
      "import time\n\ndef post_fork(server, worker):\n    time.sleep(0.4 * (worker.age > 2))\n",
    );
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      await using server = await autoscaled({
        own: ["--probe", "off", "--statsd-addr", `127.0.0.1:${freeUdpPort()}`, "--max-workers", "4"],
        gunicorn: ["-c", config],
        venv: name,
      });
      await server.untilWorkers(2);
      const isDeaf = (pid: number) => handles(pid, "SIGHUP") !== false;
      await until(() => !server.workers().some(isDeaf), { what: "the handlers of the first workers" });
      server.process.signal("SIGTTIN");
      await server.process.line(/Handling signal: ttin/, { timeoutMs: 30_000 });
      const fromMs = performance.now();
      assertEquals((await server.process.stop(signal, 60_000)).code, 0, server.process.text());
      assertLess(performance.now() - fromMs, 15_000, "the graceful timeout is 30 s");
    }
  });
}

Deno.test("without the probe gunicorn's StatsD is received here and every packet is relayed to the user's own server", async () => {
  await using theirs = new StatsdServer();
  const { port, heard } = theirs;
  await using server = await autoscaled({
    own: ["--probe", "off", "--statsd-addr", `127.0.0.1:${freeUdpPort()}`],
    gunicorn: ["--statsd-host", `127.0.0.1:${port}`, "--statsd-prefix", "shop"],
  });
  assertStringIncludes(server.log(), `StatsD is heard here and relayed on to 127.0.0.1:${port}`);
  for (let i = 0; i < 20; i++) assertEquals((await server.get("/")).status, 200);
  const requests = () => heard.filter((line) => line.startsWith("shop.gunicorn.requests:1|c")).length;
  await until(() => requests() >= 20, { what: () => `20 packets, ${requests()} came` });
  assert(heard.some((line) => /^shop\.gunicorn\.request\.duration:[\d.]+\|ms/.test(line)), heard[0]);
});

Deno.test("with the probe a user's own StatsD server gets gunicorn's packets", async () => {
  await using theirs = new StatsdServer();
  const { port, heard } = theirs;
  await using server = await autoscaled({ gunicorn: ["--statsd-host", `127.0.0.1:${port}`] });
  assertEquals((await server.get("/")).status, 200);
  await until(() => heard.some((line) => line.startsWith("gunicorn.requests:1|c")), { what: "a packet" });
});
