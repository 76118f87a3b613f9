/**
 * `workers` edited in the config, then HUP
 * Holds: the new number is the one to begin with
 */
import { setUp } from "../support/set_up.ts";

setUp(import.meta, {
  line: "-b 127.0.0.1:$PORT app:app",
  versions: ["20.1", "newest"],
  observe: async (server) => {
    await server.untilWorkers(1);
    Deno.writeTextFileSync(`${server.runtimeBase}/workers`, "4");
    Deno.kill(await server.arbiter(), "SIGHUP");
    await server.untilWorkers(4);
    return await server.status("/");
  },
});
