/**
 * A slow handler of SIGTERM in gunicorn's master
 * Holds: it runs once
 */
import { setUp } from "../support/set_up.ts";

setUp(import.meta, {
  line: "-w 2 -c gunicorn.conf.py -b 127.0.0.1:$PORT app:app",
  observe: async (server) => ({
    code: await server.stop(),
    calls: Deno.readTextFileSync(`${server.runtimeBase}/called`).length,
  }),
});
