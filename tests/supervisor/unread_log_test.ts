import { assert, assertEquals } from "@std/assert";
import { DEFAULT_POLICY } from "../../src/core/policy_settings.ts";
import { UnreadLog } from "../../src/supervisor/unread_log.ts";
import { collectedLog } from "../support/collected_log.ts";

const SETTINGS = { ...DEFAULT_POLICY, minWorkers: 2, maxWorkers: 8 };
const at = (nowMs: number) => ({ nowMs, memory: "unknown" as const });

Deno.test("a log that is read changes nothing", () => {
  const { log } = collectedLog();
  assertEquals(new UnreadLog(() => 0.49, log).bounded(SETTINGS, 5, at(0)), SETTINGS);
});

Deno.test("while the log is not read no worker is removed, unless there are more than the maximum", () => {
  const { log } = collectedLog();
  const unread = new UnreadLog(() => 0.5, log);
  for (const [workers, minimum] of [[1, 2], [5, 5], [9, 8]] as const) {
    assertEquals(unread.bounded(SETTINGS, workers, at(0)), { ...SETTINGS, minWorkers: minimum });
  }
});

Deno.test("nor is it put to sleep, which goes on where it has begun", () => {
  const { log } = collectedLog();
  const unread = new UnreadLog(() => 0.5, log);
  const settings = { ...SETTINGS, sleepAfterMs: 1_000 };
  assertEquals(unread.bounded(settings, 2, at(0)).sleepAfterMs, 0);
  assertEquals(unread.bounded(settings, 0, at(0)), settings);
});

Deno.test("a worker may be removed before the kernel kills one for memory", () => {
  const { log } = collectedLog();
  const own = { limitBytes: 100, usedBytes: 99 };
  const memory = { ...own, workerBytes: 10, own };
  assertEquals(new UnreadLog(() => 0.5, log).bounded(SETTINGS, 5, { nowMs: 0, memory }), SETTINGS);
});

Deno.test("it is said once when it lasts, and again after the log was read", () => {
  const { log, lines } = collectedLog();
  let unreadShare = 0.5;
  const unread = new UnreadLog(() => unreadShare, log);
  const look = (fromMs: number) => {
    for (let nowMs = fromMs; nowMs <= fromMs + 20_000; nowMs += 1_000) unread.bounded(SETTINGS, 3, at(nowMs));
    return lines.length;
  };
  unread.bounded(SETTINGS, 3, at(0));
  assertEquals(lines.length, 0);
  assertEquals(look(1_000), 1);
  unreadShare = 0;
  assertEquals(look(30_000), 1);
  unreadShare = 0.5;
  assertEquals(look(60_000), 2);
  assert(lines.every((line) => line.includes("the log is not read")));
});
