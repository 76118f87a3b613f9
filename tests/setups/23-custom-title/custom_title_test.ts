/**
 * Workers with process titles of their own, without the probe
 * Holds: they are counted
 * Note: Airflow's webserver puts "[ready] " before each title.
 */
import { children } from "../../support/processes.ts";
import { until } from "../../support/wait.ts";
import type { Server } from "../support/server.ts";
import { setUp } from "../support/set_up.ts";

for (const more of ["", "--reuse-port "]) {
  setUp(import.meta, {
    own: ["--probe", "off", "--statsd-addr", "127.0.0.1:$PORT"],
    line: `-w 2 -b 127.0.0.1:$PORT ${more}app:app`,
    observe: async (server) => {
      await untilTitled(server, 2);
      await server.scale(2, 4);
      await untilTitled(server, 4);
      await server.scale(4, 3);
      await server.untilWorkers(3);
      return { code: await server.stop() };
    },
  });
}

async function untilTitled(server: Server, count: number): Promise<void> {
  const arbiter = await server.arbiter();
  const titled = () => children(arbiter).filter((pid) => title(pid).startsWith("[ready] "));
  await until(() => titled().length === count, {
    timeoutMs: 20_000,
    what: () => `${count} titled workers, there are ${titled().length}\n${server.process.text()}`,
  });
}

function title(pid: number): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/cmdline`);
  } catch {
    return "";
  }
}
