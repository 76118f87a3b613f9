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

Deno.test("nothing where a single slot became free meanwhile", () => {
  const history = ticks([...Array(8).fill({ queuedMs: 300 }), { queuedMs: 300, finished: 1 }]);
  const seen = sample(2_000, { queue: 3, load: load({ inFlight: 2 }) });
  assertEquals(hangingWorkers({ sample: seen, history, counts, bootMs: 40 }, 300), 0);
});

Deno.test("nothing where the queue cannot be read", () => {
  const history = ticks(Array(9).fill({ queuedMs: 300 }));
  const seen = sample(2_000, { queue: "unknown", load: load({ inFlight: 2 }) });
  assertEquals(hangingWorkers({ sample: seen, history, counts, bootMs: 40 }, 300), 0);
});

/** What one waiting request asks for when so many of eight threads have a connection. */
function asksWithThreads(busyThreads: number): number {
  const history = ticks(Array.from({ length: 9 }, () => ({ queuedMs: 100 })));
  const held = { model: { kind: "gthread", slots: 4 }, queue: 1, load: load({ busyThreads }) } as const;
  return hangingWorkers({ sample: sample(2_000, held), history, counts, bootMs: 40 }, 300);
}

Deno.test("threads that connections hold without a request are taken slots", () => {
  assertEquals(asksWithThreads(8), 3);
});

Deno.test("nothing while a thread is free", () => assertEquals(asksWithThreads(7), 0));

const queue = (queued: number, started: number) => ({ queuedMs: 100 * queued, started });

Deno.test("the oldest wait began with the queue where none has begun since", () => {
  assertEquals(ticks([queue(0, 0), queue(2, 0), queue(2, 0), queue(2, 0)]).oldestWaitMs(), 200);
});

Deno.test("the oldest wait ends where all that waited then have begun since", () => {
  assertEquals(ticks([queue(2, 0), queue(2, 1), queue(2, 1)]).oldestWaitMs(), 100);
  assertEquals(ticks([queue(2, 0), queue(2, 2)]).oldestWaitMs(), 0);
});

Deno.test("the oldest wait may have begun in the oldest tick", () => {
  assertEquals(ticks([queue(2, 0), queue(2, 0)]).oldestWaitMs(), 100);
});

Deno.test("the oldest wait is as long as the ticks were", () => {
  const long = { ...queue(2, 0), queuedMs: 600, elapsedMs: 300 };
  assertEquals(ticks([queue(0, 0), queue(2, 0), queue(2, 0), long]).oldestWaitMs(), 400);
});

Deno.test("half a request in the queue on average waits, less does not", () => {
  assertEquals(ticks([queue(0, 0), queue(0.5, 0), queue(0.5, 0)]).oldestWaitMs(), 100);
  assertEquals(ticks([queue(0, 0), queue(0.4, 0), queue(0.4, 0)]).oldestWaitMs(), 0);
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

/**
 * Whether requests hang when ten of them have kept slots for so long in the last second, and those of nine seconds
 * before, two a tick, took `beforeMs`.
 */
function hangAt(perRequestMs: number, beforeMs: number): boolean {
  const tickOf = (requests: number, eachMs: number) => ({
    arrivals: requests,
    serviceMs: requests * beforeMs,
    occupiedMs: requests * eachMs,
  });
  const usual = Array.from({ length: 90 }, () => tickOf(2, beforeMs));
  const history = ticks([...usual, ...Array.from({ length: 10 }, () => tickOf(1, perRequestMs))]);
  return requestsHang({
    sample: sample(10_000),
    history,
    settings: DEFAULT_POLICY,
    second: history.sums(1_000),
    stable: history.sums(10_000),
  });
}

Deno.test("requests hang when they keep slots for five times as long as before", () => {
  assertEquals(hangAt(199, 40), false);
  assertEquals(hangAt(200, 40), false);
  assertEquals(hangAt(201, 40), true);
});

Deno.test("requests do not hang below half of the objective", () => {
  assertEquals(hangAt(149, 10), false);
  assertEquals(hangAt(150, 10), false);
  assertEquals(hangAt(151, 10), true);
});

Deno.test("requests hang only where eight have finished before", () => {
  const after = (finished: number) => {
    const usual = Array.from({ length: finished }, () => ({ arrivals: 1, serviceMs: 40, occupiedMs: 40 }));
    const history = ticks([...usual, ...Array.from({ length: 3 }, () => ({ occupiedMs: 200 }))]);
    const [second, stable] = [history.sums(1_000), history.sums(10_000)];
    return requestsHang({ sample: sample(5_000), history, settings: DEFAULT_POLICY, second, stable });
  };
  assertEquals(after(7), false);
  assertEquals(after(8), true);
});

Deno.test("nothing while the workers cannot be read", () => {
  const history = ticks(Array.from({ length: 9 }, () => ({ queuedMs: 300 })));
  const seen = sample(2_000, { queue: 3, load: "unknown" });
  assertEquals(hangingWorkers({ sample: seen, history, counts, bootMs: 40 }, 300), 0);
});

Deno.test("requests hang on threads when nearly all of them are taken for as long as the objective", () => {
  const at = (taken: number) => {
    const usual = Array.from({ length: 40 }, () => ({ arrivals: 8, serviceMs: 320, occupiedMs: 320 }));
    const history = ticks([...usual, ...Array(3).fill({ occupiedMs: 100 * taken })]);
    const [second, stable] = [history.sums(1_000), history.sums(10_000)];
    const seen = sample(5_000, { model: { kind: "gthread", slots: 4 } });
    return requestsHang({
      sample: seen,
      history,
      settings: { ...DEFAULT_POLICY, sloP95Ms: 300 },
      second,
      stable,
    });
  };
  assertEquals(at(7.5), false);
  assertEquals(at(7.6), true, "95 % of eight");
  assertEquals(at(7.7), true);
});

Deno.test("a single request that keeps one of two slots for five times as long as before hangs", () => {
  const usual = Array.from({ length: 40 }, () => ({ arrivals: 1, serviceMs: 150, occupiedMs: 150 }));
  const stuck = Array.from({ length: 10 }, (_, i) => ({ started: i === 0 ? 1 : 0, occupiedMs: 100 }));
  const history = ticks([...usual, ...stuck]);
  const [second, stable] = [history.sums(1_000), history.sums(10_000)];
  assertEquals(
    requestsHang({ sample: sample(5_000), history, settings: DEFAULT_POLICY, second, stable }),
    true,
  );
});
