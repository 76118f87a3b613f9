/**
 * `pre_fork` that sleeps, to space boots out
 * Holds: TERM waits for one fork at most; a lower target ends the growth
 * Note: Seen in bcgov/lear (pull request 2285).
 */
import { assertEquals, assertLess } from "@std/assert";
import { setUp } from "../support/set_up.ts";

setUp(import.meta, {
  line: "-c gunicorn.conf.py app:app",
  own: ["--min-workers=1", "--max-workers=8"],
  async observe(server) {
    if (!server.isWrapped) return { code: await server.stop(), seconds: 0, forks: 0 };
    await server.scale(2, 8);
    await server.untilWorkers(3, 40_000);
    await server.scale(8, 2);
    await server.untilWorkers(2, 40_000);
    const forks = server.process.lines.filter(({ text }) => /Booting worker/.test(text)).length;
    await server.scale(2, 8);
    await server.untilWorkers(3, 40_000);
    const from = performance.now();
    const code = await server.stop();
    return { code, seconds: (performance.now() - from) / 1000, forks };
  },
  compare(wrapped, bare) {
    assertEquals(wrapped.code, bare.code);
    assertLess(wrapped.seconds, 12, "five forks more would be 15 s");
    assertLess(wrapped.forks, 8, "all that were asked for at first");
  },
});
