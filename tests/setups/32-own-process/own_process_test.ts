/**
 * An application that reads its arguments and environment
 * Holds: as typed, after a reload too
 * Note: argparse in an application takes `-c` for its own; `start_response` by its parameters' names, as older middleware
 * calls it.
 */
import { get } from "../../support/http.ts";
import { children } from "../../support/processes.ts";
import { until } from "../../support/wait.ts";
import { setUp } from "../support/set_up.ts";

const before = ["/bin/sh", "-c", `BYTES=$(printf 'a\\377\\376'); export BYTES; exec "$@"`, "sh"];

for (const more of ["", "--preload "]) {
  setUp(import.meta, {
    before,
    line: `-w 2 ${more}-b 127.0.0.1:$PORT app:app`,
    versions: ["20.1", "newest"],
    observe: async (server) => {
      const { body } = await get({ port: server.port }, "/");
      const arbiter = await server.arbiter();
      const old = children(arbiter);
      Deno.kill(arbiter, "SIGHUP");
      const isReloaded = () => {
        const now = children(arbiter);
        return now.length === 2 && !now.some((pid) => old.includes(pid));
      };
      await until(isReloaded, { timeoutMs: 20_000, what: "a reload" });
      await get({ port: server.port }, "/");
      const lengths = Deno.readTextFileSync(`${server.runtimeBase}/argv`).trim().split("\n");
      return { body, lengths, code: await server.stop() };
    },
  });
}

setUp(import.meta, {
  before,
  line: "-w 2 -k gevent -b 127.0.0.1:$PORT app:app",
  versions: ["newest"],
  observe: async ({ port }) => (await get({ port }, "/")).body,
});
