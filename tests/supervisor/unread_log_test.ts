import { assert, assertEquals } from "@std/assert";
import { DEFAULT_POLICY } from "../../src/core/policy_settings.ts";
import { UnreadLog } from "../../src/supervisor/unread_log.ts";
import { collectedLog } from "../support/collected_log.ts";

const SETTINGS = { ...DEFAULT_POLICY, minWorkers: 2, maxWorkers: 8 };

Deno.test("a log that is read changes nothing", () => {
  const { log } = collectedLog();
  assertEquals(new UnreadLog(() => false, log).bounded(SETTINGS, 5, 0), SETTINGS);
});

Deno.test("while the log is not read no worker is removed, unless there are more than the maximum", () => {
  const { log } = collectedLog();
  const unread = new UnreadLog(() => true, log);
  for (const [workers, minimum] of [[1, 2], [5, 5], [9, 8]] as const) {
    assertEquals(unread.bounded(SETTINGS, workers, 0), { ...SETTINGS, minWorkers: minimum });
  }
});

Deno.test("it is said once when it lasts, and again after the log was read", () => {
  const { log, lines } = collectedLog();
  let isHalfFull = true;
  const unread = new UnreadLog(() => isHalfFull, log);
  const look = (fromMs: number) => {
    for (let nowMs = fromMs; nowMs <= fromMs + 20_000; nowMs += 1_000) unread.bounded(SETTINGS, 3, nowMs);
    return lines.length;
  };
  unread.bounded(SETTINGS, 3, 0);
  assertEquals(lines.length, 0);
  assertEquals(look(1_000), 1);
  isHalfFull = false;
  assertEquals(look(30_000), 1);
  isHalfFull = true;
  assertEquals(look(60_000), 2);
  assert(lines.every((line) => line.includes("the log is not read")));
});
