/** The number wanted, the signal that leads, and what is enough before workers are removed. */
import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import type { Tick } from "../../../src/core/history.ts";
import { ticks } from "../ticks.ts";
import { computing, CPU, demand, jump, mixed, requests, SETTINGS } from "./demand_scenes.ts";

Deno.test("without a request one worker is wanted, by no signal", () => {
  const { wanted, enough, by, signals } = demand({});
  assertEquals(wanted, 1);
  assertEquals(enough, 1);
  assertEquals(by, "none");
  assertEquals(signals, []);
});

Deno.test("before any tick one worker is enough", () => {
  const { wanted, enough } = demand({ sample: { cpu: CPU }, kind: "uvicorn", input: { history: ticks([]) } });
  assertEquals(wanted, 1);
  assertEquals(enough, 1);
});

Deno.test("a burst leads and is marked as one", () => {
  const { by, burst } = demand(jump("sync", 100));
  assertEquals(by, "burst");
  assertEquals(burst, true);
});

Deno.test("a queue that leads is marked as a burst, for it is served at once too", () => {
  const { by, burst } = demand({ always: { ...requests(2, 100), queuedMs: 2_000 }, sample: { queue: 20 } });
  assertEquals(by, "queue");
  assertEquals(burst, true);
});

Deno.test("what waits is enough while it is wanted, but for workers that boot longer than a request may take", () => {
  const scene = { always: { ...requests(2, 100), queuedMs: 2_000 }, sample: { queue: 20 } };
  const within = demand({ ...scene, input: { bootMs: 300 } });
  assertEquals(within.enough, within.wanted);
  const late = demand({ ...scene, input: { bootMs: 301 } });
  assertEquals([late.by, late.enough], ["queue", demand({ always: requests(2, 100) }).enough]);
  assertLess(late.enough, late.wanted);
});

Deno.test("what the objective wants is enough while it is wanted, however long workers boot", () => {
  const always = { ...requests(0.2, 400), queuedMs: 50 };
  for (const bootMs of [40, 301, 5_000]) {
    const { by, wanted, enough } = demand({ always, input: { bootMs, target: 6 } });
    assertEquals([by, wanted, enough], ["slo", 7, 7], `boots of ${bootMs} ms`);
  }
});

Deno.test("a load that leads is no burst", () => {
  const { by, burst } = demand({ always: requests(8, 100) });
  assertEquals(by, "load");
  assertEquals(burst, false);
});

Deno.test("where two signals ask for as many, the one that is looked at first is named", () => {
  const { by, signals } = demand(computing(2, "uvicorn", {
    always: { ...requests(1, 1), occupiedMs: 100 * 2.9 * SETTINGS.targetConcPerWorker, cpuMs: 200 },
  }));
  assertEquals(signals.map(({ workers }) => workers), [3, 3]);
  assertEquals(by, "concurrency");
});

Deno.test("a load that has ended is not kept up by the average over the window", () => {
  const scene = { always: requests(8, 100), recent: Array<Partial<Tick>>(20).fill({}) };
  assertLess(demand(scene).wanted, 3);
});

Deno.test("enough: what carries a tenth more where requests vary, half as much where they are even", () => {
  for (const perTick of [4, 9, 14, 25, 60]) {
    const varied = demand({ always: { ...requests(perTick, 100), durations: mixed(8) } });
    const even = demand({ always: requests(perTick, 100) });
    for (const { wanted, enough } of [varied, even]) {
      assert(enough >= wanted, `${enough} of ${wanted} at ${perTick}`);
    }
    assertGreater(varied.enough, perTick * 1.1, `${varied.enough} at ${perTick}`);
    assertGreater(even.enough, perTick * 1.05, `${even.enough} at ${perTick}`);
  }
});

Deno.test("enough: no more than what is wanted at a load a third larger", () => {
  for (const perTick of [4, 9, 14, 25, 60]) {
    const { enough } = demand({ always: requests(perTick, 100) });
    assert(enough <= demand({ always: requests(perTick * 1.3, 100) }).wanted, `${enough} at ${perTick}`);
  }
});

Deno.test("enough: with room for the CPU too", () => {
  const { wanted, enough } = demand(computing(2.05, "uvicorn"));
  assertEquals(wanted, 3);
  assertEquals(enough, 4);
});

Deno.test("enough: slots are never planned to be all but full, however high the objective", () => {
  const settings = { ...SETTINGS, maxWorkers: 1_000, targetUtilization: 0.95, sloP95Ms: 1e6 };
  const { enough } = demand({ always: requests(300, 100), input: { settings } });
  assertGreater(enough, 300 * 1.02);
});

Deno.test("a tick of a millisecond counts", () => {
  const history = ticks([{ elapsedMs: 1, cpuMs: 3 }]);
  assertEquals(demand({ sample: { cpu: CPU }, kind: "uvicorn", input: { history } }).enough, 5);
});
