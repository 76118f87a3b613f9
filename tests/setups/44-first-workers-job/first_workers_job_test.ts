/**
 * A scheduler that the first worker starts
 * Holds: it runs on
 */
import { until } from "../../support/wait.ts";
import { setUp } from "../support/set_up.ts";

setUp(import.meta, {
  line: "-w 4 -b 127.0.0.1:$PORT app:app",
  own: ["--min-workers=1"],
  async observe(server) {
    await Promise.all(Array.from({ length: 12 }, () => server.status("/?s=0.5")));
    if (server.isWrapped) await server.untilWorkers(1, 60_000);
    const ticks = () => Deno.readTextFileSync(`${server.runtimeBase}/ticks`).length;
    const before = ticks();
    await until(() => ticks() > before + 3, { what: "the scheduler" });
    return true;
  },
});
