/**
 * `-w 1`, because sessions live in the process
 * Holds: it stays one
 * Differs: a log line says how to let it grow
 * Note: Seen in Flask-SocketIO #402, pgadmin4's and CTFd's entrypoints and benoitc/gunicorn #1147.
 */
import { get } from "../../support/http.ts";
import { children } from "../../support/processes.ts";
import { setUp } from "../support/set_up.ts";

for (const [line, env] of [["-w 1", {}], ["", { WEB_CONCURRENCY: "1" }]] as const) {
  setUp(import.meta, {
    line: `${line} --threads 10 -b 127.0.0.1:$PORT app:app`.trim(),
    env,
    observe: async (server) => {
      const { body: session } = await get({ port: server.port }, "/open", { timeoutMs: 30_000 });
      // More than ten threads take, for longer than growth needs.
      const slow = await Promise.all(Array.from({ length: 40 }, () => server.status("/slow")));
      const asked = await Promise.all(Array.from({ length: 20 }, () => server.status(`/?${session}`)));
      return { slow, asked, workers: children(await server.arbiter()).length };
    },
  });
}
