/**
 * A restart under load with a long import
 * Holds: no more workers boot than were asked for until the first serves
 */
import { assertEquals, assertLessOrEqual } from "@std/assert";
import { children } from "../../support/processes.ts";
import { setUp } from "../support/set_up.ts";

setUp(import.meta, {
  line: "-w 2 --timeout 120 -b 127.0.0.1:$PORT app:app",
  versions: ["20.1", "newest"],
  untilReady: false,
  observe: async (server) => {
    const arbiter = await server.arbiter();
    let most = 0;
    const timer = setInterval(() => most = Math.max(most, children(arbiter).length), 20);
    try {
      const requests = Array.from({ length: 8 }, () => server.status("/", 60_000));
      const first = await Promise.race(requests);
      clearInterval(timer);
      return { most, first, all: await Promise.all(requests) };
    } finally {
      clearInterval(timer);
    }
  },
  compare(wrapped, bare) {
    // From a fork server the first answers before there is a second.
    assertLessOrEqual(wrapped.most, bare.most);
    assertEquals({ ...wrapped, most: bare.most }, bare);
  },
});
