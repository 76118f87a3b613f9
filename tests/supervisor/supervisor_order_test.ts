import { assertEquals, assertMatch } from "@std/assert";
import { getLogger } from "@logtape/logtape";
import { AUTO } from "../../src/core/policy/standing_order.ts";
import { DEFAULT_POLICY } from "../../src/core/policy_settings.ts";
import { Supervisor, type TickRecord } from "../../src/supervisor/supervisor.ts";
import { sample } from "../core/samples.ts";

/** A supervisor of an idle gunicorn, whose time is told by the test. */
function supervisor() {
  const records: TickRecord[] = [];
  let asked = 2;
  const loop = new Supervisor({
    sampler: { sample: (nowMs) => sample(nowMs) },
    count: {
      ask: (workers) => asked = workers,
      poll: () => ({ kind: "settled", workers: asked }),
    },
    log: getLogger("test"),
    settings: { ...DEFAULT_POLICY, minWorkers: 2, maxWorkers: 8 },
    initialWorkers: 2,
    tickMs: 100,
    dryRun: false,
    clock: () => 0,
    onTick: (record) => records.push(record),
  });
  return { loop, records, asked: () => asked };
}

Deno.test("pinned workers stay for the time they were pinned and then scaling is automatic again", () => {
  const { loop, records, asked } = supervisor();
  loop.tick(0);
  loop.give({ kind: "pinned", workers: 6 }, 10_000);
  for (let nowMs = 100; nowMs < 10_000; nowMs += 100) {
    loop.tick(nowMs);
    assertEquals(asked(), 6);
  }
  assertMatch(records[1]!.sentence!, /pinned by hand: grow from 2 to 6 workers/);
  for (let nowMs = 10_000; nowMs < 60_000; nowMs += 100) loop.tick(nowMs);
  assertEquals(asked(), 2);
  assertEquals(records.at(-1)!.standing.order, AUTO);
});

Deno.test("a pause holds what there is and resuming lets go", () => {
  const { loop, records } = supervisor();
  loop.give({ kind: "paused" });
  loop.tick(0);
  assertEquals(records[0]!.decision.reason.code, "paused");
  loop.give(AUTO);
  loop.tick(100);
  assertEquals(records[1]!.standing.order.kind, "auto");
});

Deno.test("a pin beyond the maximum of the moment comes to the maximum", () => {
  const { loop, asked } = supervisor();
  loop.give({ kind: "pinned", workers: 8 });
  loop.tick(0);
  loop.change({ maxWorkers: 5 });
  loop.tick(100);
  assertEquals(asked(), 5);
});
