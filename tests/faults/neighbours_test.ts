/** Two on one machine: a port that is taken, instances side by side. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { trySignal } from "../support/process.ts";
import { autoscaled } from "../support/autoscaled.ts";
import { freeUdpPort } from "../support/port.ts";
import { fault, peersOnly, record, timed } from "./support/fault.ts";
import { Load } from "./support/load.ts";
import { startRust } from "./support/served.ts";
import { pin, untilBooted, untilGrown, untilServing } from "./support/steady.ts";

fault(
  "the StatsD port in use by another process",
  "an error with exit code 1 before gunicorn starts; it starts once the port is free",
  async () => {
    const port = freeUdpPort();
    const own = ["--min-workers", "2", "--statsd-addr", `127.0.0.1:${port}`];
    const taken = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port });
    try {
      await using refused = await autoscaled({ own, untilReady: false });
      const { code } = await refused.process.ended;
      assertEquals(code, 1, refused.process.text());
      assertMatch(refused.process.text("stderr"), /^Cannot listen for StatsD on 127\.0\.0\.1:\d+: .+, /m);
      assert(!refused.process.text().includes("Starting gunicorn"));
    } finally {
      taken.close();
    }
    await using server = await autoscaled({ own });
    return await timed(() => untilServing(server, 2));
  },
);

const besides = {
  fault: "one of two instances killed",
  holds: "the other loses no request, keeps its workers, and scales on its own load alone",
};

fault(
  besides.fault,
  besides.holds,
  async () => {
    const own = ["--min-workers", "2", "--max-workers", "6"];
    await using one = await autoscaled({ own });
    await using two = await autoscaled({ own });
    await untilBooted(one, 2);
    await untilBooted(two, 2);
    await using load = new Load(two.port, 20, "/sleep/20");
    await pin(one, 4);
    await untilServing(one, 4);
    const before = two.workers();
    trySignal(one.process.pid, "SIGKILL");
    await one.process.exited;
    const steadyMs = await timed(() => untilGrown(two, before.length));
    assertEquals(two.workers().filter((pid) => before.includes(pid)), before);
    await load.stop();
    assertEquals(load.failures, []);
    return steadyMs;
  },
);

if (peersOnly) {
  Deno.test("observed: two instances side by side", async () => {
    const options = { workers: 2 };
    await using one = await startRust(options);
    if (one === undefined) return;
    let seen = "the second one serves too";
    try {
      await using two = await startRust(options);
      void two;
    } catch (error) {
      seen = /already|pid/i.exec(String(error)) ? "the second one does not start" : "the second one ends";
    }
    await record({ ...besides, server: "rust", seen });
  });
}
