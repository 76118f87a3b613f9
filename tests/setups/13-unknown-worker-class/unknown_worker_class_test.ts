/**
 * A worker class that is not gunicorn's or Uvicorn's
 * Holds: requests in the accept queue add workers within seconds
 * Note: aiohttp, meinheld and home-made workers derive from gunicorn's base class. How many requests such a
 * worker serves at once is unknown. Seen in aio-libs/aiohttp's deployment page and benoitc/gunicorn #1489.
 */
import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import { freeUdpPort } from "../../support/port.ts";
import { children } from "../../support/processes.ts";
import { untilBurstAnswered } from "../support/burst.ts";
import { setUp } from "../support/set_up.ts";

const MOST = 6;

for (const own of [[], ["--probe=off", `--statsd-addr=127.0.0.1:${freeUdpPort()}`]]) {
  setUp(import.meta, {
    line: "-k plain_worker.PlainWorker -b 127.0.0.1:$PORT app:app",
    own: ["--min-workers=1", `--max-workers=${MOST}`, ...own],
    observe: async (server) => {
      const arbiter = await server.arbiter();
      let most = 0;
      const answered = await untilBurstAnswered(server, "/?s=0.25", 30, () => {
        most = Math.max(most, children(arbiter).length);
      });
      return { answered, most };
    },
    compare: (wrapped) => {
      assertEquals(wrapped.answered, 30);
      assertGreaterOrEqual(wrapped.most, MOST - 1);
    },
  });
}
