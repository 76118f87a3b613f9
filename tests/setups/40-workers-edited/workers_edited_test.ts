/**
 * `workers` edited in the config, then HUP
 * Holds: the new number is the one to begin with
 */
import { assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { freeTcpPort } from "../../support/port.ts";
import type { Server } from "../support/server.ts";
import { setUp } from "../support/set_up.ts";

const TIMEOUT_SECONDS = 5;
/** Longer than HUPs that count as one are apart. */
const ONE_RELOAD_MS = 500;

setUp(import.meta, {
  line: "app:app",
  versions: ["20.1", "newest"],
  observe: async (server) => {
    await server.untilWorkers(1);
    await edit(server, "workers = 4");
    await server.untilWorkers(4);
    return await server.status("/");
  },
});

// An address that is given up and taken again while old workers hold it, and a timeout that their heartbeats are too
// slow for: gunicorn alone stops them at once.
setUp(import.meta, {
  line: "-w 3 app:app",
  versions: ["20.1", "23", "newest"],
  env: { BOOT_SECONDS: "2" },
  observe: async (server) => {
    await server.untilWorkers(3);
    await delay((TIMEOUT_SECONDS + 1) * 1000);
    const other = freeTcpPort();
    await edit(server, `bind = '127.0.0.1:${other}'; timeout = ${TIMEOUT_SECONDS}`);
    await server.process.line(new RegExp(`Listening at: .*:${other}`), { timeoutMs: 10_000 });
    await delay(ONE_RELOAD_MS);
    const mark = server.process.mark();
    await edit(server, `timeout = ${TIMEOUT_SECONDS}`);
    await server.process.line(new RegExp(`Listening at: .*:${server.port}`), {
      from: mark,
      timeoutMs: 20_000,
    });
    const status = await server.status("/");
    return { status, isTimedOut: /WORKER TIMEOUT/.test(server.process.text()) };
  },
  compare: (wrapped) => assertEquals(wrapped, { status: 200, isTimedOut: false }),
});

async function edit(server: Server, text: string): Promise<void> {
  Deno.writeTextFileSync(`${server.runtimeBase}/edits.py`, text);
  Deno.kill(await server.arbiter(), "SIGHUP");
}
