/** A start that fails, fails before gunicorn: nothing is started, and no folder is left. */
import { assertEquals, assertMatch } from "@std/assert";
import { program } from "../../support/autoscaled.ts";
import { freeTcpPort, freeUdpPort } from "../../support/port.ts";
import { run } from "../../support/process.ts";
import { tempDir } from "../../support/tempdir.ts";

const [hostname, port, udpPort] = ["127.0.0.1", freeTcpPort(), freeUdpPort()];

/** What stands before the error: what was to be logged until then. */
const LOGGED = /^\[.*\[WARNING\] autoscaler: GUNICORN_AUTOSCALER_SIZE is not a setting; .*\n/;

for (
  const [what, options, code, message] of [
    ["a taken status port", ["--status-addr", `${hostname}:${port}`], 1, /^Cannot serve status on /],
    ["a taken StatsD port", ["--statsd-addr", `${hostname}:${udpPort}`], 1, /^Cannot listen for StatsD on /],
    ["a recording without a folder", ["--record", "/nowhere/x.jsonl"], 1, /^Cannot record to /],
    ["an option that forbids it", ["--sleep-after", "5", "--reuse-port"], 2, /^Cannot use --sleep-after/],
  ] as const
) {
  Deno.test(`${what} is refused before gunicorn starts, after what was to be logged`, async () => {
    using _taken = Deno.listen({ hostname, port });
    const udp = Deno.listenDatagram({ hostname, port: udpPort, transport: "udp" });
    await using dir = await tempDir();
    await Deno.writeTextFile(dir.join("gunicorn"), "#!/bin/sh\necho started\n", { mode: 0o755 });
    await Deno.mkdir(dir.join("runtime"), { mode: 0o700 });
    const [command, ...rest] = program();
    const ended = await run(
      command!,
      [...rest, "app:app", "--runtime-dir", dir.join("runtime"), ...options],
      {
        env: { PATH: `${dir.path}:${Deno.env.get("PATH")}`, GUNICORN_AUTOSCALER_SIZE: "2" },
      },
    );
    udp.close();
    assertEquals([ended.code, ended.stdout], [code, ""], ended.stderr);
    assertMatch(ended.stderr, LOGGED);
    assertMatch(ended.stderr.replace(LOGGED, ""), message);
    assertEquals([...Deno.readDirSync(dir.join("runtime"))], []);
  });
}
