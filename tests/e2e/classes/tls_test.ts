/** TLS by gunicorn itself: no request is lost, whichever worker goes and however slow a handshake is. */
import { assertEquals, assertGreater } from "@std/assert";
import { delay } from "@std/async/delay";
import { clientKinds, LossLoad, quickClients } from "../../../bench/loss/loss_load.ts";
import { askInstance } from "../../../src/commands/running/control_client.ts";
import { autoscaled } from "../../support/autoscaled.ts";
import { hasOpenssl, makeCertificate } from "../../support/builds/certificate.ts";
import { controlSocket, runtimeFolder } from "../../support/running_commands.ts";
import { tempDir } from "../../support/tempdir.ts";
import { until } from "../../support/wait.ts";

const SLOW_MS = 300;
const SLOWEST_HANDSHAKE_MS = 600;
const EVERY_MS = 500;

for (const gunicorn of [["-k", "gthread", "--threads", "16"], ["-k", "gevent"]]) {
  Deno.test({
    name: `TLS, ${gunicorn[1]}: no request is lost while the workers change and by a reload (needs openssl)`,
    ignore: !hasOpenssl,
    fn: () => lossless(gunicorn),
  });
}

async function lossless(gunicorn: string[]): Promise<void> {
  await using dir = await tempDir();
  const { cert, key } = await makeCertificate(dir.path);
  const tls = { hostname: "127.0.0.1", caCerts: [Deno.readTextFileSync(cert)] };
  await using server = await autoscaled({
    own: ["--min-workers", "2", "--max-workers", "2"],
    gunicorn: [...gunicorn, "--certfile", cert, "--keyfile", key, "--keep-alive", "15"],
    untilReady: false,
  });
  await server.process.line(/Booting worker/, { timeoutMs: 60_000 });
  await controlSocket(server);
  const folder = await runtimeFolder(server);
  await server.untilWorkers(2);

  const soon = (port: number) => Deno.connectTls({ ...tls, port });
  const slowly = async (port: number) => {
    const conn = await Deno.connect({ hostname: tls.hostname, port });
    await delay(Math.random() * SLOWEST_HANDSHAKE_MS);
    return await Deno.startTls(conn, tls);
  };
  const loads = [
    new LossLoad(server.port, clientKinds(3, 2, SLOW_MS), soon),
    new LossLoad(server.port, quickClients(8), slowly),
  ];
  try {
    for (const workers of [5, 1, 4, 2]) {
      const limits = JSON.stringify({ "min-workers": workers, "max-workers": workers });
      assertEquals((await askInstance(folder, "POST", "/settings", limits)).status, 200);
      await delay(EVERY_MS);
    }
    await server.untilWorkers(2);
    const before = server.workers();
    server.process.signal("SIGHUP");
    await until(
      () => server.workers().length === 2 && !server.workers().some((pid) => before.includes(pid)),
      {
        timeoutMs: 20_000,
        what: () => `other workers\n${server.log()}`,
      },
    );
  } finally {
    await Promise.all(loads.map((load) => load.stop()));
  }
  for (const { losses, lost, tallies } of loads) {
    assertEquals([losses, lost], [[], 0]);
    for (const { sent } of tallies.values()) assertGreater(sent, 0);
  }
}
