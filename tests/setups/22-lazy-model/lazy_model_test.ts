/**
 * Memory that a worker takes with its first request
 * Holds: a burst for new workers is answered, with one out-of-memory kill at most
 * Note: Models and caches are often loaded at the first request. Seen in benoitc/gunicorn #2007, #2417 and #2501.
 */
import { assertEquals, assertGreaterOrEqual, assertLessOrEqual } from "@std/assert";
import { untilBurstAnswered } from "../support/burst.ts";
import { setUp } from "../support/set_up.ts";

const REQUESTS = 40;

setUp(import.meta, {
  line: "-w 2 -b 127.0.0.1:$PORT app:app",
  own: ["--max-workers=12"],
  versions: ["newest"],
  memoryMiB: 900,
  async observe(server) {
    await server.untilWorkers(2);
    const answered = await untilBurstAnswered(server, "/model", REQUESTS, () => {});
    const kills = server.oomKills();
    // A kill before the first worker was seen loaded takes the one request it serves.
    assertLessOrEqual(kills, server.isWrapped ? 1 : 0); // here: what it logged is told
    await server.stop();
    return { answered, kills };
  },
  compare(wrapped, bare) {
    assertEquals(bare, { answered: REQUESTS, kills: 0 });
    // A kill takes one request at most: that of the fork server, which comes first, none.
    assertGreaterOrEqual(wrapped.answered, REQUESTS - wrapped.kills);
  },
});
