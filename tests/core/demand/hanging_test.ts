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

Deno.test("requests that hang on all slots: each waiting request gets one, once one has waited too long", () => {
  assertEquals(asks(3, 5), 5);
  assertEquals(asks(3, 4), 0);
  assertEquals(asks(0, 5), 0);
});

Deno.test("a slot that is free, or becomes free meanwhile, is waited for", () => {
  assertEquals(asks(3, 5, {}, 1), 0);
  assertEquals(asks(3, 5, { finished: 1, started: 1 }), 0);
});

Deno.test("threads that connections hold without a request are taken slots", () => {
  const history = ticks(Array.from({ length: 9 }, () => ({ queuedMs: 100 })));
  const held = { model: { kind: "gthread", slots: 4 }, queue: 1, load: load({ busyThreads: 8 }) } as const;
  assertEquals(hangingWorkers({ sample: sample(2_000, held), history, counts, bootMs: 40 }, 300), 3);
});

Deno.test("the oldest wait ends where all that waited then have begun since", () => {
  const queue = (queued: number, started: number) => ({ queuedMs: 100 * queued, started });
  assertEquals(ticks([queue(0, 0), queue(2, 0), queue(2, 0), queue(2, 0)]).oldestWaitMs(), 200);
  assertEquals(ticks([queue(2, 0), queue(2, 1), queue(2, 1)]).oldestWaitMs(), 100);
  assertEquals(ticks([queue(2, 0), queue(2, 2)]).oldestWaitMs(), 0);
  assertEquals(ticks([queue(0, 0)]).oldestWaitMs(), 0);
});

Deno.test("all slots taken and none free for as long as the objective: requests hang, before their mean shows it", () => {
  const usual = Array.from({ length: 40 }, () => ({ arrivals: 2, serviceMs: 80, occupiedMs: 80 }));
  const hang = (taken: number, forTicks: number) => {
    const history = ticks([
      ...usual,
      ...Array.from({ length: forTicks }, () => ({ occupiedMs: 100 * taken })),
    ]);
    return requestsHang({
      sample: sample(5_000),
      history,
      settings: DEFAULT_POLICY,
      second: history.sums(1_000),
      stable: history.sums(10_000),
    });
  };
  assertEquals(hang(2, 2), false);
  assertEquals(hang(2, 3), true);
  assertEquals(hang(1, 3), false);
});
