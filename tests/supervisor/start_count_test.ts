import { assertEquals } from "@std/assert";
import { getLogger } from "@logtape/logtape";
import type { Arbiter } from "../../src/sensors/probe/arbiter_reading.ts";
import { StartCount } from "../../src/supervisor/start_count.ts";

const BOUNDS = { minWorkers: 2, maxWorkers: 5, isMinGiven: false, isMaxGiven: false };

/** What is found at each reading of the master's words. */
function found(
  readings: readonly { configured: number; confirmed: number }[],
  dryRun = false,
  fitting = Infinity,
  reloads = 0,
  given?: number,
) {
  let now: Arbiter | undefined;
  const count = new StartCount({
    arbiter: () => now,
    startedWith: () => undefined,
    given,
    bounds: BOUNDS,
    fitting,
    dryRun,
    log: getLogger("test"),
  });
  return readings.map((reading) => {
    now = { readyNs: 1, reloads, ...reading } as Arbiter;
    return count.found();
  });
}

Deno.test("the number is found once, and again when a reload finds another in the configuration", () => {
  assertEquals(
    found([
      { configured: 1, confirmed: 1 },
      { configured: 1, confirmed: 1 },
      { configured: 4, confirmed: 1 },
      { configured: 4, confirmed: 4 },
      { configured: 9, confirmed: 3 },
    ]),
    [
      { workers: 1, minWorkers: 1, maxWorkers: 1 },
      undefined,
      { workers: 4, minWorkers: 2, maxWorkers: 5 },
      undefined,
      { workers: 9, minWorkers: 2, maxWorkers: 9 },
    ],
  );
});

Deno.test("without a number in the configuration the present one goes on", () => {
  assertEquals(found([{ configured: 4, confirmed: 4 }, { configured: 0, confirmed: 3 }]).at(-1), {
    workers: 3,
    minWorkers: 2,
    maxWorkers: 5,
  });
});

Deno.test("in a dry run each change of the number is found", () => {
  assertEquals(found([{ configured: 0, confirmed: 1 }, { configured: 0, confirmed: 3 }], true).at(-1), {
    workers: 3,
  });
});

Deno.test("in a dry run the number of the command line has given the bounds already, and what runs is the start", () => {
  const given = (workers: number, configured: number) =>
    found([{ configured, confirmed: workers }], true, Infinity, 0, workers)[0];
  assertEquals(given(1, 0), { workers: 1 });
  assertEquals(given(9, 9), { workers: 9 });
});

Deno.test("in little memory neither a start nor a reload takes more than surely fits, nor fewer than there are", () => {
  const readings = [{ configured: 4, confirmed: 1 }, { configured: 5, confirmed: 2 }, {
    configured: 2,
    confirmed: 3,
  }];
  assertEquals(found(readings, false, 1).map((count) => count?.workers), [1, 2, 2]);
});

Deno.test("a reload before the first look counts too", () => {
  const edited = [{ configured: 4, confirmed: 1 }];
  assertEquals(found(edited, false, Infinity, 1)[0]?.workers, 4);
  assertEquals(found(edited, false, Infinity, 0)[0]?.workers, 1);
});

Deno.test("a number of the command line is asked for already; one that a hook sets is found", () => {
  const given = (workers: number, configured: number) =>
    found([{ configured, confirmed: workers }], false, Infinity, 0, workers)[0];
  assertEquals(given(4, 4), undefined);
  assertEquals(given(1, 0), undefined);
  assertEquals(given(4, 6), { workers: 6, minWorkers: 2, maxWorkers: 6 });
});

Deno.test("without the probe the number that gunicorn began with is found, once; one worker may be no number", () => {
  const of = (startedWith: number | undefined, isMaxGiven = false) => {
    const count = new StartCount({
      arbiter: () => undefined,
      startedWith: () => startedWith,
      bounds: { ...BOUNDS, isMaxGiven },
      fitting: 1,
      dryRun: false,
      log: getLogger("test"),
    });
    return [count.found(), count.found()];
  };
  assertEquals(of(undefined), [undefined, undefined]);
  assertEquals(of(1), [undefined, undefined]);
  assertEquals(of(9), [{ workers: 9, minWorkers: 2, maxWorkers: 9 }, undefined]);
  assertEquals(of(9, true), [{ workers: 5, minWorkers: 2, maxWorkers: 5 }, undefined]);
});
