/**
 * `workers` in gunicorn.conf.py
 * Holds: the number to start with, kept for a minute without load
 * Differs: a lower maximum of ours limits it
 * Note: Seen in goauthentik/authentik, benoitc/gunicorn #3347 and tiangolo/uvicorn-gunicorn-fastapi-docker
 * #42.
 */
import { assertEquals } from "@std/assert";
import { children } from "../../support/processes.ts";
import { until } from "../../support/wait.ts";
import type { Server } from "../support/server.ts";
import { setUp } from "../support/set_up.ts";

/** Longer than the hold of a worker that boots at once. */
const WATCHED_MS = 4_500;

/** The most workers there were, and how many are left when no request has come. */
async function counts(server: Server): Promise<{ most: number; last: number }> {
  await server.process.line(/Booting worker/, { timeoutMs: 60_000 });
  const arbiter = await server.arbiter();
  const endMs = performance.now() + WATCHED_MS;
  let most = 0, last = 0;
  await until(() => {
    last = children(arbiter).length;
    most = Math.max(most, last);
    return performance.now() > endMs;
  }, { timeoutMs: 2 * WATCHED_MS, everyMs: 50, what: "the end of the watch" });
  return { most, last };
}

const line = "-c gunicorn.conf.py app:app";
setUp(import.meta, { line, untilReady: false, observe: counts });
setUp(import.meta, { line, own: ["--dry-run"], versions: ["newest"], untilReady: false, observe: counts });
setUp(import.meta, {
  line,
  own: ["--max-workers=4"],
  versions: ["newest"],
  untilReady: false,
  observe: counts,
  compare: (wrapped) => assertEquals(wrapped, { most: 4, last: 4 }),
});
