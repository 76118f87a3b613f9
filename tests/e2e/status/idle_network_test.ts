import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { autoscaled } from "../../support/autoscaled.ts";
import { run } from "../../support/process.ts";
import { until } from "../../support/wait.ts";

/** Idle for so long: ticks, the status page's second and the memory readings have come by. */
const IDLE_MS = 5_000;

Deno.test("idle, nothing of ours sends a packet, off the machine or within", async () => {
  const tried = await run("unshare", ["--net", "ip", "link", "set", "lo", "up"]).catch(() => undefined);
  if (tried?.code !== 0) {
    console.log("skipped: network namespaces take root, unshare and ip");
    return;
  }
  // A network of its own, in which all that is sent anywhere goes by the one interface there is, and is counted.
  const network = 'ip link set lo up; ip route add default dev lo; exec "$@"';
  await using server = await autoscaled({
    own: ["--min-workers", "2", "--status-addr", "127.0.0.1:9126"],
    wrap: (words) => ["unshare", "--net", "sh", "-c", network, "sh", ...words],
    env: { DENO_NO_UPDATE_CHECK: "1" }, // from source it is Deno that would ask for a newer one of itself
    untilReady: false,
  });
  await until(() => (server.process.text().match(/Booting worker/g)?.length ?? 0) >= 2, {
    timeoutMs: 60_000,
    what: () => server.process.text(),
  });
  const sent = () => counters(`/proc/${server.process.pid}/net/dev`);
  const before = sent();
  await delay(IDLE_MS);
  assertEquals(sent() - before, 0);
  // The counter works: a packet to a stranger counts.
  await run("nsenter", [
    `--net=/proc/${server.process.pid}/ns/net`,
    "python3",
    "-c",
    "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('198.51.100.1', 9))",
  ]);
  await until(() => sent() > before, { what: "the packet" });
  assert(!server.process.hasEnded);
});

/** Packets sent by all interfaces. */
function counters(path: string): number {
  return Deno.readTextFileSync(path).split("\n").slice(2).reduce((sum, line) => {
    const [name, ...fields] = line.trim().split(/[:\s]+/);
    return name === undefined || name === "" ? sum : sum + Number(fields[9]);
  }, 0);
}
