import { assertEquals } from "@std/assert";
import { hangingWorkers, requestsHang } from "../../../src/core/demand/hanging.ts";
import { DEFAULT_POLICY } from "../../../src/core/policy_settings.ts";
import { load, sample } from "../samples.ts";
import { tick, ticks } from "../ticks.ts";

const counts = { target: 2, ready: 2, booting: 0, draining: 0, oldestBootMs: 0 };

/** Two sync workers that both serve, `queued` behind them for so many ticks of 100 ms. */
function asks(
  queued: number,
  forTicks: number,
  changes: Partial<ReturnType<typeof tick>> = {},
  inFlight = 2,
) {
  const history = ticks([
    ...Array.from({ length: 10 }, () => ({})),
    ...Array.from({ length: forTicks }, () => ({ queuedMs: 100 * queued, ...changes })),
  ]);
  return hangingWorkers(
    { sample: sample(2_000, { queue: queued, load: load({ inFlight }) }), history, counts, bootMs: 40 },
    300,
  );
}

Deno.test("once one has waited too long behind requests that hang, each waiting request gets a slot", () => {
  assertEquals(asks(3, 5), 5);
});

Deno.test("nothing while none has waited too long", () => assertEquals(asks(3, 4), 0));

Deno.test("nothing while none waits", () => assertEquals(asks(0, 5), 0));

Deno.test("nothing while a slot is free", () => assertEquals(asks(3, 5, {}, 1), 0));

Deno.test("nothing where slots became free meanwhile", () => {
  assertEquals(asks(3, 5, { finished: 1, started: 1 }), 0);
});

Deno.test("threads that connections hold without a request are taken slots", () => {
  const history = ticks(Array.from({ length: 9 }, () => ({ queuedMs: 100 })));
  const held = { model: { kind: "gthread", slots: 4 }, queue: 1, load: load({ busyThreads: 8 }) } as const;
  assertEquals(hangingWorkers({ sample: sample(2_000, held), history, counts, bootMs: 40 }, 300), 3);
});

const queue = (queued: number, started: number) => ({ queuedMs: 100 * queued, started });

Deno.test("the oldest wait began with the queue where none has begun since", () => {
  assertEquals(ticks([queue(0, 0), queue(2, 0), queue(2, 0), queue(2, 0)]).oldestWaitMs(), 200);
});

Deno.test("the oldest wait ends where all that waited then have begun since", () => {
  assertEquals(ticks([queue(2, 0), queue(2, 1), queue(2, 1)]).oldestWaitMs(), 100);
  assertEquals(ticks([queue(2, 0), queue(2, 2)]).oldestWaitMs(), 0);
});

Deno.test("there is no oldest wait where none waits", () => {
  assertEquals(ticks([queue(0, 0)]).oldestWaitMs(), 0);
});

/** Whether requests hang when so many of two slots are taken, and none ends, for so many ticks after 4 s as usual. */
function hang(taken: number, forTicks: number): boolean {
  const usual = Array.from({ length: 40 }, () => ({ arrivals: 2, serviceMs: 80, occupiedMs: 80 }));
  const then = Array.from({ length: forTicks }, () => ({ occupiedMs: 100 * taken }));
  const history = ticks([...usual, ...then]);
  return requestsHang({
    sample: sample(5_000),
    history,
    settings: DEFAULT_POLICY,
    second: history.sums(1_000),
    stable: history.sums(10_000),
  });
}

Deno.test("requests hang when all slots are taken for as long as the objective, before their mean shows it", () => {
  assertEquals(hang(2, 3), true);
});

Deno.test("requests do not hang while all slots are taken for less than the objective", () => {
  assertEquals(hang(2, 2), false);
});

Deno.test("requests do not hang while a slot is free", () => assertEquals(hang(1, 3), false));
