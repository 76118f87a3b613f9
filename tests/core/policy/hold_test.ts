/** How long workers are kept, and how that is learned. Loads want 8 workers or 2; boots take 1 ms. */
import { assertEquals } from "@std/assert";
import { holdMs } from "../../../src/core/policy/hold.ts";
import { DEFAULT_POLICY } from "../../../src/core/policy_settings.ts";
import { demand, Driver } from "./policy_driver.ts";

const BUSY = demand(8);
const CALM = demand(2);
const AT_ONCE = { downCooldownMs: 0, noDownscaleAfterUpMs: 0 };

/** A driver at the moment at which its workers went from 8 to 2. */
function afterShrink(idleMs: number): Driver {
  const driver = new Driver(8, { ...AT_ONCE, idleMs });
  while (driver.step(CALM).action === "hold") driver.nowMs += 100;
  return driver;
}

/** The factor on the hold when load returns so long after a shrink. */
function factorAfter(idleMs: number, laterMs: number): number {
  const driver = afterShrink(idleMs);
  driver.at(driver.nowMs + laterMs, BUSY);
  return driver.state.holdFactor;
}

Deno.test("a shrink alone leaves the hold as it is", () => {
  assertEquals(afterShrink(1_000).state.holdFactor, 1);
});

Deno.test("load that returns within half a minute doubles the hold, however short it is", () => {
  assertEquals(factorAfter(1_000, 30_000), 2);
  assertEquals(factorAfter(1_000, 30_001), 1);
});

Deno.test("load that returns within two holds doubles the hold", () => {
  assertEquals(factorAfter(20_000, 40_000), 2);
  assertEquals(factorAfter(20_000, 40_001), 1);
});

Deno.test("each return doubles the hold, up to forty times", () => {
  const driver = new Driver(8, { ...AT_ONCE, idleMs: 1_000 });
  const factors = [];
  for (let i = 0; i < 7; i++) {
    driver.during(Math.max(17_000, 1_000 * (driver.state.holdFactor + 1)), CALM);
    driver.step(BUSY);
    factors.push(driver.state.holdFactor);
  }
  assertEquals(factors, [2, 4, 8, 16, 32, 40, 40]);
});

Deno.test("a shrink doubles the hold once, however often load grows after it", () => {
  const driver = afterShrink(1_000);
  const shrankMs = driver.nowMs;
  driver.at(shrankMs + 100, demand(4));
  driver.at(shrankMs + 200, BUSY);
  assertEquals(driver.state.holdFactor, 2);
});

Deno.test("a minute of calm halves a learned hold", () => {
  const driver = afterShrink(1_000);
  const grownMs = driver.nowMs;
  driver.at(grownMs, BUSY);
  driver.at(grownMs + 59_999, BUSY);
  assertEquals(driver.state.holdFactor, 2);
  driver.at(grownMs + 60_000, BUSY);
  assertEquals(driver.state.holdFactor, 1);
});

Deno.test("ten holds of calm halve a learned hold, where they are longer than a minute", () => {
  const driver = afterShrink(5_000);
  const grownMs = driver.nowMs;
  driver.at(grownMs, BUSY);
  driver.at(grownMs + 99_999, BUSY);
  assertEquals(driver.state.holdFactor, 2);
  driver.at(grownMs + 100_000, BUSY);
  assertEquals(driver.state.holdFactor, 1);
});

Deno.test("further calm halves it again", () => {
  const driver = afterShrink(1_000);
  driver.step(BUSY);
  driver.during(3_000, CALM);
  driver.step(BUSY);
  assertEquals(driver.state.holdFactor, 4);
  driver.during(61_000, CALM);
  assertEquals(driver.state.holdFactor, 2);
  driver.during(61_000, CALM);
  assertEquals(driver.state.holdFactor, 1);
});

/** When workers are removed after half a second of load and then a fall that is no chance, ms after the fall. */
function keptAfterFall(driver: Driver): number | undefined {
  driver.during(500, BUSY);
  const fellMs = driver.nowMs;
  const [first] = driver.during(9_000, demand(2, { fell: true }));
  return first === undefined ? undefined : first.atMs - fellMs;
}

Deno.test("after a fall that is no chance workers are kept a tenth as long", () => {
  assertEquals(keptAfterFall(new Driver(8, { ...AT_ONCE, idleMs: 1_000 })), 100);
});

Deno.test("after a fall that is no chance workers are kept for ten boots", () => {
  const driver = new Driver(8, { ...AT_ONCE, idleMs: 1_000 });
  driver.bootMs = 30;
  assertEquals(keptAfterFall(driver), 300);
});

Deno.test("what fell and came back before is kept longer after the next fall", () => {
  const driver = new Driver(8, { ...AT_ONCE, idleMs: 1_000 });
  assertEquals([1, 2, 3].map(() => keptAfterFall(driver)), [100, 400, 1_600]);
});

Deno.test("what was learned at most is kept as long after a fall as without one", () => {
  const settings = { ...DEFAULT_POLICY, idleMs: 1_000 };
  assertEquals([holdMs(40, settings, 1, true), holdMs(40, settings, 1)], [40_000, 40_000]);
});

/** A driver whose load went between 8 workers and 7 three times: a hold of 8 s was learned. */
function flapped(): Driver {
  const driver = new Driver(8, { ...AT_ONCE, idleMs: 1_000 });
  for (let i = 0; i < 3; i++) {
    driver.during(9_000, demand(7));
    driver.step(BUSY);
  }
  return driver;
}

/** How long after a fall to so many workers the first of them are removed, ms. */
function keptAt(driver: Driver, workers: number): number | undefined {
  driver.during(500, BUSY);
  const fellMs = driver.nowMs;
  const [first] = driver.during(20_000, demand(workers));
  return first === undefined ? undefined : first.atMs - fellMs;
}

Deno.test("a hold learned between 8 workers and 7 is for them", () => {
  assertEquals(keptAt(flapped(), 7), 8_000);
});

Deno.test("nothing is learned of fewer workers than load has returned from", () => {
  assertEquals(keptAt(flapped(), 6), 1_000);
});

Deno.test("boots that are late teach of fewer workers too: load would be later still", () => {
  const driver = new Driver(8, { ...AT_ONCE, sloP95Ms: 99 });
  driver.bootMs = 100;
  driver.during(2_000, demand(7));
  driver.step(BUSY);
  assertEquals(keptAt(driver, 4), 2_000);
});

Deno.test("load that returns from still fewer workers is learned of too", () => {
  const driver = flapped();
  driver.during(2_000, demand(4));
  driver.step(BUSY);
  assertEquals(keptAt(driver, 4), 16_000);
});

Deno.test("load that returned from few workers is remembered when it returns from more", () => {
  const driver = new Driver(8, { ...AT_ONCE, idleMs: 1_000 });
  for (const workers of [4, 7]) {
    driver.during(5_000, demand(workers));
    driver.step(BUSY);
  }
  assertEquals(keptAt(driver, 4), 4_000);
});

Deno.test("calm in which the hold is forgotten forgets from where load returned", () => {
  const driver = new Driver(8, { ...AT_ONCE, idleMs: 1_000 });
  driver.during(2_000, CALM);
  driver.during(61_000, BUSY);
  for (let i = 0; i < 2; i++) {
    driver.during(5_000, demand(7));
    driver.step(BUSY);
  }
  assertEquals(driver.state.returnedFrom, 7);
});

Deno.test("calm that only halves the hold keeps in mind from where load returned", () => {
  const driver = flapped();
  driver.during(81_000, BUSY);
  assertEquals([driver.state.holdFactor, driver.state.returnedFrom], [4, 7]);
  driver.during(61_000, BUSY);
  assertEquals([driver.state.holdFactor, driver.state.returnedFrom], [2, 7]);
});

/** How long workers that boot for so long are kept, after each of so many returns, ms. */
function keptWithBoots(bootMs: number, returns: number): (number | undefined)[] {
  const driver = new Driver(8, AT_ONCE);
  driver.bootMs = bootMs;
  return Array.from({ length: returns + 1 }, () => {
    driver.step(BUSY);
    driver.nowMs += 100;
    const fromMs = driver.nowMs;
    while (driver.nowMs < fromMs + 60_000 && driver.step(CALM).action === "hold") driver.nowMs += 100;
    const keptMs = driver.nowMs - fromMs;
    driver.nowMs += 100;
    return keptMs;
  });
}

Deno.test("boots that take longer than the objective are learned too, up to forty of them", () => {
  assertEquals(keptWithBoots(400, 4), [4_000, 8_000, 16_000, 16_000, 16_000]);
});

Deno.test("boots within the objective are ten, whatever was learned", () => {
  assertEquals(keptWithBoots(300, 4), [3_000, 3_000, 3_000, 3_200, 6_400]);
});
