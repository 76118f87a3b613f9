/** How long workers are kept in a load that only chance moves. Loads want 8 workers or 7; boots take 1 ms. */
import { assertEquals } from "@std/assert";
import { flatHoldMs, leastStep, NO_RETURN, takenBack } from "../../../src/core/policy/flat_hold.ts";
import { bounds, demand, Driver } from "./policy_driver.ts";

const MORE = demand(8);
const FEWER = demand(7);

/** A driver of a load that is known to be flat. */
function flat(): Driver {
  const driver = new Driver(8, { downCooldownMs: 0, noDownscaleAfterUpMs: 0 });
  driver.flatFromMs = 0;
  return driver;
}

/** How long fewer workers must be enough until one is removed, ms. */
function keptMs(driver: Driver, forMs = 400_000): number | undefined {
  const fromMs = driver.nowMs;
  while (driver.nowMs < fromMs + forMs) {
    if (driver.step(FEWER).action === "shrink") return driver.nowMs - fromMs;
    driver.nowMs += 100;
  }
  return undefined;
}

Deno.test("a flat load that takes a shrink back keeps workers for half a minute, then for three times as long each", () => {
  const driver = flat();
  keptMs(driver);
  const kept = [];
  for (let i = 0; i < 4; i++) {
    driver.at(driver.nowMs + 100, MORE);
    driver.nowMs += 100;
    kept.push(keptMs(driver));
  }
  assertEquals(kept, [30_000, 90_000, 270_000, 300_000]);
});

Deno.test("a load that is not known to be flat learns no such hold", () => {
  const driver = flat();
  driver.flatFromMs = Infinity;
  keptMs(driver);
  driver.step(MORE);
  assertEquals(driver.state.flatReturns, 0);
});

Deno.test("a shrink before the load was known to be flat tells nothing of it", () => {
  const driver = flat();
  keptMs(driver);
  driver.flatFromMs = driver.nowMs + 100;
  driver.at(driver.nowMs + 200, MORE);
  assertEquals(driver.state.flatReturns, 0);
});

Deno.test("a growth without a shrink before it takes none back, nor does the second after one", () => {
  const driver = flat();
  driver.step(demand(9));
  assertEquals(driver.state.flatReturns, 0);
  keptMs(driver);
  driver.at(driver.nowMs + 100, MORE);
  driver.at(driver.nowMs + 100, demand(10));
  assertEquals(driver.state.flatReturns, 1);
});

Deno.test("a change of the load ends the hold at once", () => {
  const driver = flat();
  keptMs(driver);
  driver.at(driver.nowMs + 100, MORE);
  driver.nowMs += 100;
  assertEquals(keptMs(driver, 10_000), undefined);
  driver.flatFromMs = driver.nowMs + 5_000;
  assertEquals(driver.step(FEWER).action, "shrink");
});

Deno.test("after a change what is taken back counts anew", () => {
  const driver = flat();
  for (let i = 0; i < 2; i++) {
    keptMs(driver);
    driver.at(driver.nowMs + 100, MORE);
  }
  assertEquals(driver.state.flatReturns, 2);
  driver.flatFromMs = driver.nowMs + 100;
  driver.nowMs += 200;
  keptMs(driver);
  driver.at(driver.nowMs + 100, MORE);
  assertEquals(driver.state.flatReturns, 1);
});

Deno.test("without a shrink taken back there is no such hold", () => {
  assertEquals(flatHoldMs(NO_RETURN, -Infinity), 0);
});

Deno.test("the moment from which a load is known to be flat belongs to it", () => {
  const once = takenBack({ ...NO_RETURN, lastDownAtMs: 5_000 }, 6_000, 5_000);
  assertEquals(once, { flatReturns: 1, flatReturnAtMs: 6_000 });
  assertEquals(takenBack({ ...once, lastDownAtMs: 7_000 }, 8_000, 6_000).flatReturns, 2);
  assertEquals(flatHoldMs(once, 6_000), 30_000);
});

Deno.test("a sixteenth of the workers is the least that comes or goes in a flat load", () => {
  assertEquals([1, 23, 24, 39, 40, 64].map((target) => leastStep(target, 0, 0)), [1, 1, 2, 2, 3, 4]);
  assertEquals(leastStep(64, 0, 1), 1, "not in one that is not known to be flat");
});

/** 64 workers in a load that is flat, or not. */
function many(isFlat: boolean): Driver {
  const driver = new Driver(64, { maxWorkers: 100, downCooldownMs: 0, noDownscaleAfterUpMs: 0 });
  if (isFlat) driver.flatFromMs = 0;
  return driver;
}
const MOST = bounds(100);

Deno.test("in a flat load one worker more of many brings some, within the maximum", () => {
  const grown = (isFlat: boolean, wanted: number, most = 100) =>
    many(isFlat).at(1_000, demand(wanted), bounds(most)).target;
  assertEquals([grown(true, 65), grown(true, 70), grown(true, 65, 66)], [68, 70, 66]);
  assertEquals(grown(false, 65), 65);
  assertEquals(many(true).at(1_000, demand(65, { burst: true }), MOST).target, 65, "a burst is what it is");
});

Deno.test("in a flat load many workers stay where a few less would do", () => {
  const left = (isFlat: boolean, enough: number) =>
    many(isFlat).during(10_000, demand(enough), MOST).at(-1)?.target;
  assertEquals([left(true, 61), left(true, 60)], [undefined, 60]);
  assertEquals(left(false, 63), 63);
});
