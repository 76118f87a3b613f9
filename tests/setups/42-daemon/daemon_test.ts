/**
 * `--daemon`, or `daemon = True` in the config
 * Holds: the command returns, the server goes on; HUP and TERM by its pid file
 * Note: A container's start script runs gunicorn as a daemon and nginx after it.
 */
import { assertMatch } from "@std/assert";
import { children } from "../../support/processes.ts";
import { trySignal } from "../../support/process.ts";
import { until } from "../../support/wait.ts";
import { setUp } from "../support/set_up.ts";

const THEN = 'test -s "$XDG_RUNTIME_DIR/pid" && echo "with a pid file"; echo "and next"; exec sleep 60';

for (const asOption of [true, false]) {
  setUp(import.meta, {
    before: ["/bin/sh", "-c", `"$@" && { ${THEN}; }`, "sh"],
    line: `-w 2 ${asOption ? "--daemon " : ""}-b 127.0.0.1:$PORT app:app`,
    env: asOption ? {} : { AS_DAEMON: "yes" },
    versions: ["20.1", "newest"],
    observe: async (server) => {
      const pid = Number(Deno.readTextFileSync(`${server.runtimeBase}/pid`));
      try {
        await server.process.line(/^and next$/, { timeoutMs: 10_000 });
        if (server.isWrapped) assertMatch(server.process.text(), /^with a pid file$/m); // alone: a moment later
        const old = children(pid);
        Deno.kill(pid, "SIGHUP");
        const isReloaded = () => {
          const now = children(pid);
          return now.length === 2 && !now.some((worker) => old.includes(worker));
        };
        await until(isReloaded, { timeoutMs: 20_000, what: "a reload" });
        const status = await server.status("/");
        Deno.kill(pid, "SIGTERM");
        await until(() => left(server.runtimeBase).length === 0, {
          timeoutMs: 20_000,
          what: () => `no files, there are ${left(server.runtimeBase)}`,
        });
        return { status, listens: await server.status("/") };
      } finally {
        trySignal(pid, "SIGKILL");
      }
    },
  });
}

function left(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name)
    .filter((name) => name === "pid" || name.startsWith("gunicorn-autoscaler-"));
}
