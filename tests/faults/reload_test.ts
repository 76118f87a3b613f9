/** HUP at a bad moment, and with a bad configuration. */
import { assertEquals } from "@std/assert";
import { autoscaled } from "../support/autoscaled.ts";
import { until } from "../support/wait.ts";
import { compared } from "./support/compared.ts";
import { fault, timed } from "./support/fault.ts";
import { Load } from "./support/load.ts";
import { pin, untilReplaced } from "./support/steady.ts";

fault(
  "HUP in the middle of growth",
  "the count grown to is reached with new workers, and no request is lost",
  async () => {
    await using server = await autoscaled({
      own: ["--min-workers", "1", "--max-workers", "6"],
      app: "slow_import:app",
      env: { IMPORT_SECONDS: "1" },
    });
    await server.untilWorkers(1);
    await using load = new Load(server.port, 20, "/sleep/20");
    await pin(server, 4);
    await until(() => server.workers().length > 1, { timeoutMs: 40_000, what: "booting workers" });
    const before = server.workers();
    const steadyMs = await timed(async () => {
      server.process.signal("SIGHUP");
      await untilReplaced(server, before, 4);
    });
    await load.stop();
    assertEquals(load.failures, []);
    return steadyMs;
  },
);

fault(
  "HUP in the middle of a drain",
  "long requests are answered, the smaller count stays, and all workers are new",
  async () => {
    await using server = await autoscaled({
      own: ["--min-workers", "1", "--max-workers", "6"],
      gunicorn: ["--threads", "2"],
    });
    await pin(server, 4);
    await server.untilWorkers(4);
    const before = server.workers();
    await using long = new Load(server.port, 20, "/sleep/3000");
    await long.until(() => long.sent >= 10);
    const answered = long.stop();
    await pin(server, 2);
    await server.process.line(/pinned to 2|pinned at 2|shrink from 4 to 2/, { timeoutMs: 40_000 });
    const steadyMs = await timed(async () => {
      server.process.signal("SIGHUP");
      await untilReplaced(server, before, 2);
    });
    await answered;
    assertEquals(long.failures, []);
    return steadyMs;
  },
);

compared({
  fault: "HUP under load",
  holds: "all workers are new, their number stays, and no request is lost",
  options: { workers: 3 },
  perSecond: 40,
  async inject(server) {
    const before = server.workers();
    server.process.signal("SIGHUP");
    await until(() => server.workers().every((pid) => !before.includes(pid)), {
      timeoutMs: 40_000,
      what: "new workers",
    });
  },
  end: "serving",
});

for (
  const [kind, broken] of [
    ["does not parse", "workers = (\n"],
    ["has a value that gunicorn refuses", "timeout = 'soon'\n"],
  ] as const
) {
  compared({
    fault: `HUP into a configuration that ${kind}`,
    holds: "the previous configuration stays, and no request is lost",
    options: { workers: 2 },
    prepare: async (dir) => ({ gunicorn: ["-c", await dir.write("conf.py", "")] }),
    perSecond: 20,
    async inject(server, dir) {
      await dir.write("conf.py", broken);
      server.process.signal("SIGHUP");
      await server.process.line(/the configuration stays as it was|SyntaxError|Invalid value/, {
        timeoutMs: 40_000,
      });
      await dir.write("conf.py", "");
    },
    end: "serving",
    async check(server) {
      const before = server.workers();
      server.process.signal("SIGHUP");
      await untilReplaced(server, before, 2);
    },
  });
}
