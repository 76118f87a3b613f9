/**
 * A database with too few connections for the maximum
 * Holds: workers beyond them fail to boot, with pauses, the others serve
 * Differs: a reload at the limit keeps the old workers
 * Note: Seen in fastapi/full-stack-fastapi-template #1, encode/databases #440 and IBM/mcp-context-forge #4645.
 */
import { assertEquals, assertLess } from "@std/assert";
import { children } from "../../support/processes.ts";
import { untilBurstAnswered } from "../support/burst.ts";
import { setUp } from "../support/set_up.ts";

const POOLS = 4;
const REQUESTS = 60;

setUp(import.meta, {
  line: `-w ${POOLS} -b 127.0.0.1:$PORT app:app`,
  own: [`--min-workers=${POOLS}`, "--max-workers=16", "--fork-server=off"], // each worker is to import
  versions: ["20.1", "newest"],
  async observe(server) {
    const arbiter = await server.arbiter();
    await server.untilWorkers(POOLS);
    const before = children(arbiter);
    const answered = await untilBurstAnswered(server, "/", REQUESTS, () => {});
    // Bare takes each signal for one worker more, which cannot boot, and ends.
    if (!server.isWrapped) return { answered, failures: 0, kept: 0 };
    const mark = server.process.mark();
    server.process.signal("SIGHUP");
    await server.process.line(/first worker of the reload ended before it served; the old workers stay/, {
      from: mark,
      timeoutMs: 40_000,
    });
    const after = await server.status("/");
    const failures = server.process.lines.filter(({ text }) =>
      /ended before it served; next try/.test(text)
    ).length;
    assertEquals(after, 200);
    return { answered, failures, kept: before.filter((pid) => children(arbiter).includes(pid)).length };
  },
  compare(wrapped, bare) {
    assertEquals([wrapped.answered, bare.answered], [REQUESTS, REQUESTS]);
    assertEquals(wrapped.kept, POOLS);
    assertLess(wrapped.failures, 30, "no storm of boots");
  },
});
