/**
 * systemd's `Type=notify`
 * Holds: READY=1 once a worker serves, never before
 * Note: Seen in gunicorn's deployment page and Pulp's services. systemd drops messages of other pids unless
 * `NotifyAccess=all`, and the start times out.
 */
import { assertEquals } from "@std/assert";
import { setUp } from "../support/set_up.ts";

setUp(import.meta, {
  before: ["python", "service.py"],
  line: "-w 2 -b 127.0.0.1:$PORT app:app",
  observe: async (server) => {
    await server.process.line(/^notice of the main process: READY=1/, { timeoutMs: 30_000 });
    const status = await server.status("/");
    const code = await server.stop();
    const others = server.process.lines.filter(({ text }) => text.startsWith("notice of the another"));
    return { status, code, others: others.length };
  },
  compare: (wrapped) => assertEquals(wrapped, { status: 200, code: 0, others: 0 }),
});
