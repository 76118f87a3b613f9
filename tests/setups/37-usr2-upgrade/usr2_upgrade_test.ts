/**
 * USR2, then TERM to the old master
 * Holds: the new master serves on, no request is lost
 * Differs: it is scaled on the accept queue and CPU alone
 */
import { trySignal } from "../../support/process.ts";
import { until } from "../../support/wait.ts";
import type { Server } from "../support/server.ts";
import { setUp } from "../support/set_up.ts";

setUp(import.meta, {
  line: "-w 2 -b 127.0.0.1:$PORT app:app",
  versions: ["20.1", "newest"],
  observe: async (server) => {
    const old = await server.answeringWorker(); // the app answers with its parent
    Deno.kill(old, "SIGUSR2");
    const next = await until(() => pidIn(server, "pid.2"), { timeoutMs: 20_000, what: "a new master" });
    try {
      await until(async () => await server.answeringWorker() === next, {
        timeoutMs: 20_000,
        what: "an answer of the new master",
      });
      Deno.kill(old, "SIGTERM");
      const statuses: number[] = [];
      await until(async () => {
        statuses.push(await server.status("/"));
        return pidIn(server, "pid") === next;
      }, { timeoutMs: 20_000, everyMs: 20, what: "the new master in the pid file" });
      if (server.isWrapped) await server.process.line(/SIGUSR2 has replaced gunicorn's master/);
      for (let i = 0; i < 20; i++) statuses.push(await server.status("/"));
      Deno.kill(next, "SIGTERM");
      await until(() => pidIn(server, "pid") === undefined, { timeoutMs: 20_000, what: "its end" });
      const { code } = await server.process.exited;
      return { lost: statuses.filter((status) => status !== 200), code, listens: await server.status("/") };
    } finally {
      trySignal(next, "SIGKILL");
    }
  },
});

function pidIn(server: Server, name: string): number | undefined {
  try {
    return Number(Deno.readTextFileSync(`${server.runtimeBase}/${name}`)) || undefined;
  } catch {
    return undefined;
  }
}
