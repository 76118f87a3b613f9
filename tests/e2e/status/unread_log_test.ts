/** A log collector that has stopped reading: gunicorn's master waits once its pipe is full, so it must not be filled. */
import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { autoscaled } from "../../support/autoscaled.ts";
import { get } from "../../support/http.ts";
import { tempDir } from "../../support/tempdir.ts";

/** Standard error is a named pipe, more than half full, that nobody reads yet. */
const INTO_PIPE = 'mkfifo "$1"; exec 3<>"$1"; shift; head -c 40000 /dev/zero >&3; exec "$@" 2>&3 3>&-';
/** A burst that needs more than the two workers of the start. */
const REQUESTS = 12;
/** A burst at the very start is taken for the usual load. */
const START_MS = 2_000;
/** On a busy machine a start may take longer: the burst lies in it, and what it brought is kept for a minute. */
const SHRINK_MS = 120_000;
/** Longer than idle workers are kept. */
const IDLE_MS = 6_000;

Deno.test("while the log is not read workers are added but not removed, and TERM ends all", async () => {
  await using dir = await tempDir();
  const pipe = `${dir.path}/log`;
  await using it = await autoscaled({
    own: ["--min-workers", "2", "--max-workers", "4"],
    gunicorn: ["-k", "sync"],
    wrap: (words) => ["sh", "-ec", INTO_PIPE, "sh", pipe, ...words],
  });
  await delay(START_MS);
  const sent = Array.from({ length: REQUESTS }, () => get({ port: it.port }, "/sleep/100"));
  assertEquals((await Promise.all(sent)).map(({ status }) => status), Array(REQUESTS).fill(200));
  await it.untilWorkers(4);
  await delay(IDLE_MS);
  assertEquals(it.workers().length, 4);

  const reader = await Deno.open(pipe, { read: true });
  const read = new Response(reader.readable).text();
  await it.untilWorkers(2, SHRINK_MS);
  Deno.kill(it.process.pid, "SIGTERM");
  assertEquals((await it.process.exited).code, 0);
  assert((await read).includes("shrink from 4 to"));
});
