import { assert, assertEquals } from "@std/assert";
import { getLogger } from "@logtape/logtape";
import { DEFAULT_POLICY } from "../../src/core/policy_settings.ts";
import type { Sample } from "../../src/core/sample.ts";
import type { CountState, WorkerCount } from "../../src/gunicorn/worker_count.ts";
import { Supervisor, type SupervisorParts, type TickRecord } from "../../src/supervisor/supervisor.ts";
import { load, sample } from "../core/samples.ts";

/** A count that notes what it was asked and is always true at once. */
class ObedientCount implements WorkerCount {
  readonly asked: number[] = [];
  ask(workers: number): void {
    if (this.asked.at(-1) !== workers) this.asked.push(workers);
  }
  poll(): CountState {
    return { kind: "settled", workers: this.asked.at(-1) ?? 0 };
  }
}

const starved = (nowMs: number): Sample =>
  sample(nowMs, {
    queue: 20,
    load: load({ inFlight: 2, inFlightMs: 200, busyMs: 200, started: 5, finished: 2, serviceMs: 200 }),
  });

function supervisor(changes: Partial<SupervisorParts> = {}) {
  const count = new ObedientCount();
  const records: TickRecord[] = [];
  const parts: SupervisorParts = {
    sampler: { sample: starved },
    count,
    log: getLogger("test"),
    settings: { ...DEFAULT_POLICY, maxWorkers: 12 },
    initialWorkers: 2,
    tickMs: 100,
    dryRun: false,
    clock: () => performance.now(),
    onTick: (record) => records.push(record),
    ...changes,
  };
  return { count, records, supervisor: new Supervisor(parts) };
}

Deno.test("a tick samples, decides, asks and reports", () => {
  const { supervisor: loop, count, records } = supervisor();
  for (let nowMs = 0; nowMs <= 1_000; nowMs += 100) loop.tick(nowMs);
  assertEquals(records.length, 11);
  assert(Math.max(...count.asked) > 2, `asked for ${count.asked}`);
  assertEquals(records.at(-1)!.decision.target, count.asked.at(-1)!);
});

Deno.test("the longest time between two ticks is known", () => {
  const { supervisor: loop } = supervisor();
  for (const nowMs of [5_000, 5_100, 5_350, 5_450]) loop.tick(nowMs);
  assertEquals(loop.longestIntervalMs, 250);
});

Deno.test("a dry run decides the same and asks for nothing", () => {
  const { supervisor: loop, count, records } = supervisor({ dryRun: true });
  for (let nowMs = 0; nowMs <= 1_000; nowMs += 100) loop.tick(nowMs);
  assertEquals(count.asked, []);
  assert(records.some((record) => record.decision.action === "grow"));
});

Deno.test("decisions start from the count that is found, within the bounds that come with it", () => {
  const found = [undefined, { workers: 7, minWorkers: 1, maxWorkers: 8 }];
  const { supervisor: loop, records } = supervisor({ dryRun: true, found: () => found.shift() });
  for (let nowMs = 0; nowMs <= 200; nowMs += 100) loop.tick(nowMs);
  assertEquals(records.map(({ decision }) => decision.current).slice(0, 2), [2, 7]);
  assertEquals([loop.settings.minWorkers, loop.settings.maxWorkers], [1, 8]);
});

Deno.test("a minimum that was moved before the count is found stays as it was moved", () => {
  const found = [undefined, { workers: 2, minWorkers: 2, maxWorkers: 8 }];
  const { supervisor: loop } = supervisor({
    settings: { ...DEFAULT_POLICY, minWorkers: 2, maxWorkers: 5 },
    found: () => found.shift(),
  });
  loop.tick(0);
  loop.moveMinimum(1);
  loop.tick(100);
  assertEquals([loop.settings.minWorkers, loop.settings.maxWorkers], [3, 8]);
});

Deno.test("what a reload finds counts again, but for a bound that was moved", () => {
  const found = [{ workers: 1, minWorkers: 1, maxWorkers: 1 }, { workers: 4, minWorkers: 2, maxWorkers: 5 }];
  const { supervisor: loop } = supervisor({ found: () => found.shift() });
  loop.tick(0);
  loop.change({ maxWorkers: 3 });
  loop.tick(100);
  assertEquals([loop.settings.minWorkers, loop.settings.maxWorkers], [2, 3]);
  const again = [{ workers: 1, minWorkers: 1, maxWorkers: 1 }, { workers: 4, minWorkers: 2, maxWorkers: 5 }];
  const other = supervisor({ found: () => again.shift() });
  other.supervisor.tick(0);
  other.supervisor.tick(100);
  assertEquals(other.records.map(({ decision }) => decision.current), [1, 4]);
  assertEquals(other.supervisor.settings.maxWorkers, 5);
});

Deno.test("a moved minimum is no larger than the maximum that is found", () => {
  const { supervisor: loop } = supervisor({
    settings: { ...DEFAULT_POLICY, minWorkers: 1, maxWorkers: 5 },
    found: () => ({ workers: 1, minWorkers: 1, maxWorkers: 1 }),
  });
  loop.moveMinimum(1);
  loop.tick(0);
  assertEquals([loop.settings.minWorkers, loop.settings.maxWorkers], [1, 1]);
});

Deno.test("an error in the loop is caught, and the loop continues with the count it had", () => {
  let broken = false;
  const sampler = {
    sample: (nowMs: number) => {
      if (broken) throw new TypeError("a sensor broke");
      return starved(nowMs);
    },
  };
  const { supervisor: loop, count } = supervisor({ sampler });
  for (let nowMs = 0; nowMs <= 1_000; nowMs += 100) loop.tick(nowMs);
  const before = count.asked.at(-1)!;
  broken = true;
  for (let nowMs = 1_100; nowMs <= 2_000; nowMs += 100) loop.tick(nowMs);
  assertEquals([loop.loopErrors, count.asked.at(-1)], [10, before]);
  broken = false;
  loop.tick(2_100);
  assertEquals(count.asked.at(-1), before);
});

Deno.test("the minimum is moved by one, within 1 and the maximum", () => {
  const { supervisor: loop } = supervisor({ settings: { ...DEFAULT_POLICY, minWorkers: 2, maxWorkers: 3 } });
  assertEquals([loop.moveMinimum(1), loop.moveMinimum(1)], [3, 3]);
  assertEquals([loop.moveMinimum(-1), loop.moveMinimum(-1), loop.moveMinimum(-1)], [2, 1, 1]);
});

Deno.test("asleep it ticks once a second", async () => {
  const asleep = { target: 0, ready: 0, booting: 0, draining: 0, oldestBootMs: 0 };
  const sleep = { isPossible: true, wakes: 0, hasForkServer: false, firstAnswerMs: "unknown" } as const;
  const { supervisor: loop, records } = supervisor({
    tickMs: 20,
    settings: { ...DEFAULT_POLICY, sleepAfterMs: 1 },
    sampler: {
      sample: (nowMs) =>
        records.length < 3
          ? sample(nowMs, { sleep })
          : sample(nowMs, { sleep, workers: asleep, load: "unknown" }),
    },
  });
  const running = loop.run();
  while (records.length < 6) await new Promise((resolve) => setTimeout(resolve, 5));
  loop.stop();
  await running;
  const [last, before] = [records.at(-1)!, records.at(-2)!].map(({ decision }) => decision);
  assertEquals(last!.target, 0);
  assert(last!.nowMs - before!.nowMs >= 990, `${last!.nowMs - before!.nowMs} ms`);
});

Deno.test("asleep it ticks soon when the master has woken, and for an order", async () => {
  const asleep = { target: 0, ready: 0, booting: 0, draining: 0, oldestBootMs: 0 };
  const sleep = { isPossible: true, wakes: 0, hasForkServer: false, firstAnswerMs: "unknown" } as const;
  let isWoken = false;
  const seen = (nowMs: number) =>
    records.length < 3
      ? sample(nowMs, { sleep })
      : sample(nowMs, { sleep, workers: asleep, load: "unknown" });
  const { supervisor: loop, records } = supervisor({
    tickMs: 20,
    settings: { ...DEFAULT_POLICY, sleepAfterMs: 1 },
    sampler: { sample: seen, isWoken: () => isWoken },
  });
  const running = loop.run();
  const ticked = async (act: () => void) => {
    const count = records.length;
    act();
    while (records.length === count) await new Promise((resolve) => setTimeout(resolve, 5));
    const [last, before] = [records.at(-1)!, records.at(-2)!].map(({ decision }) => decision.nowMs);
    return last! - before!;
  };
  while (records.length < 5) await new Promise((resolve) => setTimeout(resolve, 5));
  /** The shortest of some: any one may be late on a busy machine. */
  const shortest = async (act: () => void) => {
    const times: number[] = [];
    for (let i = 0; i < 5; i++) times.push(await ticked(act));
    return Math.min(...times);
  };
  assert(await shortest(() => loop.give({ kind: "paused" })) < 900);
  const count = records.length;
  for (let i = 0; i < 10; i++) {
    loop.lookWhetherWoken(); // it has not
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert(records.length <= count + 1, "a signal without a wake brings no tick");
  const wake = () => {
    isWoken = true;
    loop.lookWhetherWoken();
  };
  assert(await shortest(wake) < 900);
  loop.stop();
  await running;
});

Deno.test("the loop keeps its pace by the clock and stops at once", async () => {
  const { supervisor: loop, records } = supervisor({ tickMs: 20 });
  const started = performance.now();
  const running = loop.run();
  while (records.length < 20) await new Promise((resolve) => setTimeout(resolve, 5));
  const tookMs = performance.now() - started;
  loop.stop();
  await running;
  // 20 ticks are 19 pauses of 20 ms; adding up the time each tick takes would make it more on any machine.
  assert(tookMs >= 370, `${tookMs} ms`);
});
