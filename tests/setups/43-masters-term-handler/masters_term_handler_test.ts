/**
 * A slow handler of SIGTERM in gunicorn's master
 * Holds: it runs once
 */
import { assertEquals } from "@std/assert";
import { setUp } from "../support/set_up.ts";

setUp(import.meta, {
  line: "-w 2 -c gunicorn.conf.py -b 127.0.0.1:$PORT app:app",
  observe: async (server) => ({
    code: await server.stop(),
    calls: Deno.readTextFileSync(`${server.runtimeBase}/called`).length,
  }),
  // A worker that is to end before it has handlers of its own runs the master's: bare, in a first moment.
  compare: (wrapped) => assertEquals(wrapped, { code: 0, calls: 1 }),
});
