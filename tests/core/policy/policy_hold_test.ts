/** How long workers are kept, and how that is learned. */
import { assertEquals } from "@std/assert";
import { bounds, demand, Driver } from "./policy_driver.ts";

Deno.test("load that returns soon after a shrink doubles the hold, calm halves it again", () => {
  const driver = new Driver(8, { idleMs: 1_000, downCooldownMs: 0, noDownscaleAfterUpMs: 0 });
  driver.run(2_500, demand(2));
  assertEquals(driver.state.holdFactor, 1);
  driver.step(demand(8));
  assertEquals(driver.state.holdFactor, 2);
  driver.run(3_000, demand(2));
  driver.step(demand(8));
  assertEquals(driver.state.holdFactor, 4);
  driver.run(59_000, demand(2));
  assertEquals(driver.state.holdFactor, 4);
  driver.run(2_000, demand(2));
  assertEquals(driver.state.holdFactor, 2);
  driver.run(61_000, demand(2));
  assertEquals(driver.state.holdFactor, 1);
});

Deno.test("load that returns after half a minute is new load, and the hold stays as it was", () => {
  for (const [awayMs, factor] of [[29_000, 2], [32_000, 1]] as const) {
    const driver = new Driver(8, { idleMs: 1_000, downCooldownMs: 0, noDownscaleAfterUpMs: 0 });
    driver.run(1_100, demand(2));
    driver.run(awayMs, demand(2));
    driver.step(demand(8));
    assertEquals(driver.state.holdFactor, factor, `${awayMs} ms away`);
  }
});

Deno.test("after a fall that is no chance workers are kept a tenth as long, but for ten boots", () => {
  for (const [bootMs, atMs] of [[1, 600], [30, 800]] as const) {
    const driver = new Driver(8, { idleMs: 1_000, noDownscaleAfterUpMs: 0 });
    driver.run(500, demand(8));
    assertEquals(driver.run(2_000, demand(2, { fell: true }), bootMs), [[atMs, 2]]);
  }
});

Deno.test("what fell and came back before is not taken to be gone so soon", () => {
  const driver = new Driver(8, { idleMs: 1_000, downCooldownMs: 0, noDownscaleAfterUpMs: 0 });
  const keptMs = [1, 2, 3].map(() => {
    driver.run(500, demand(8));
    const fromMs = driver.nowMs;
    return driver.run(9_000, demand(2, { fell: true }))[0]![0] - fromMs;
  });
  assertEquals(keptMs, [100, 400, 1_600]);
});

Deno.test("the hold is doubled up to sixteen times", () => {
  const driver = new Driver(8, { idleMs: 1_000, downCooldownMs: 0, noDownscaleAfterUpMs: 0 });
  for (let i = 0; i < 8; i++) {
    driver.run(17_000, demand(2));
    driver.step(demand(8));
  }
  assertEquals(driver.state.holdFactor, 16);
});

function afterShrink(idleMs: number): Driver {
  const driver = new Driver(8, { idleMs, downCooldownMs: 0, noDownscaleAfterUpMs: 0 });
  const [[atMs]] = driver.run(idleMs + 1_000, demand(2), 1) as [[number, number]];
  driver.nowMs = atMs;
  return driver;
}

Deno.test("load that returns within two holds was worth waiting for, later it was not", () => {
  for (const [laterMs, factor] of [[40_000, 2], [40_001, 1]] as const) {
    const driver = afterShrink(20_000);
    driver.nowMs += laterMs;
    driver.step(demand(8), bounds(), 1);
    assertEquals(driver.state.holdFactor, factor, `${laterMs} ms`);
  }
});

Deno.test("load that returns within half a minute was worth waiting for, however short the hold", () => {
  for (const [laterMs, factor] of [[25_000, 2], [45_000, 1]] as const) {
    const driver = afterShrink(1_000);
    driver.nowMs += laterMs;
    driver.step(demand(8), bounds(), 1);
    assertEquals(driver.state.holdFactor, factor, `${laterMs} ms`);
  }
});

Deno.test("a shrink lengthens the hold once, however often load grows after it", () => {
  const driver = afterShrink(1_000);
  driver.nowMs += 100;
  driver.step(demand(4), bounds(), 1);
  driver.nowMs += 100;
  driver.step(demand(8), bounds(), 1);
  assertEquals(driver.state.holdFactor, 2);
});

Deno.test("the hold is learned up to sixteen times as long", () => {
  const driver = afterShrink(100);
  for (let i = 0; i < 8; i++) {
    driver.step(demand(8), bounds(), 1);
    driver.run(4_000, demand(2), 1);
  }
  assertEquals(driver.state.holdFactor, 16);
});

Deno.test("a learned hold is halved after ten holds of calm, and a minute at least", () => {
  for (const [idleMs, calmMs] of [[1_000, 60_000], [5_000, 100_000]] as const) {
    const driver = afterShrink(idleMs);
    driver.step(demand(8), bounds(), 1);
    driver.nowMs += calmMs - 1;
    driver.step(demand(8), bounds(), 1);
    assertEquals(driver.state.holdFactor, 2, `${idleMs} ms`);
    driver.nowMs += 1;
    driver.step(demand(8), bounds(), 1);
    assertEquals(driver.state.holdFactor, 1, `${idleMs} ms`);
  }
});
