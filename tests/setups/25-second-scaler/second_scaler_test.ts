/**
 * A cron job that sends TTIN, then TTOU
 * Holds: the oldest worker is replaced, no request is lost
 * Note: Seen in apache/airflow PR #1685, #43035 and PR #46371.
 */
import { children } from "../../support/processes.ts";
import { until } from "../../support/wait.ts";
import { setUp } from "../support/set_up.ts";

setUp(import.meta, {
  line: "-w 3 -b 127.0.0.1:$PORT app:app",
  own: ["--min-workers=3"],
  observe: async (server) => {
    const arbiter = await server.arbiter();
    await server.untilWorkers(3);
    const [oldest] = children(arbiter);
    const statuses = new Set<number>();
    for (const signal of ["SIGTTIN", "SIGTTOU"] as const) {
      const mark = server.process.mark();
      Deno.kill(arbiter, signal);
      await server.process.line(new RegExp(`Handling signal: ${signal.slice(3).toLowerCase()}`), {
        from: mark,
      });
      statuses.add(await server.status("/"));
    }
    await until(() => !children(arbiter).includes(oldest!) && children(arbiter).length === 3, {
      timeoutMs: 20_000,
      what: () => `3 workers without ${oldest}, there are ${children(arbiter)}\n${server.process.text()}`,
    });
    statuses.add(await server.status("/"));
    return [...statuses];
  },
});
