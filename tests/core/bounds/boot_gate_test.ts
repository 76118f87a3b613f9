import { assertEquals } from "@std/assert";
import { type BootGate, nextGate, OPEN_GATE } from "../../../src/core/bounds/boot_gate.ts";
import { sample } from "../samples.ts";
import { bounds } from "./bounds_scene.ts";

Deno.test("each failed boot in a row doubles the pause, up to a minute", () => {
  const failing = (nowMs: number) => sample(nowMs, { boots: { failures: 1, lastBootMs: 20 } });
  let gate: BootGate = OPEN_GATE;
  const pauses: number[] = [];
  for (let i = 0, nowMs = 0; i < 8; i++, nowMs = gate.retryAtMs) {
    gate = nextGate(gate, failing(nowMs), false);
    pauses.push(gate.retryAtMs - nowMs);
  }
  assertEquals(pauses, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
});

Deno.test("a failed boot bars growth until its pause ends", () => {
  const { max } = bounds({}, { gate: { failures: 8, retryAtMs: 20_000 } });
  assertEquals(max.workers, 5);
  assertEquals(max.why.code, "boot-failures");
});

Deno.test("a worker that is ready before the pause ends does not open the gate", () => {
  const gate: BootGate = { failures: 8, retryAtMs: 60_000 };
  assertEquals(nextGate(gate, sample(59_999), true), gate);
});

Deno.test("a worker that is ready after the pause opens the gate", () => {
  assertEquals(nextGate({ failures: 8, retryAtMs: 60_000 }, sample(60_000), true), OPEN_GATE);
});

Deno.test("a worker that is ready opens the gate after a single failure too", () => {
  assertEquals(nextGate({ failures: 1, retryAtMs: 1_000 }, sample(1_000), true), OPEN_GATE);
});

Deno.test("growth may go on at the very moment its pause ends", () => {
  assertEquals(bounds({}, { gate: { failures: 1, retryAtMs: 10_000 } }).max.why.code, "configured");
});

Deno.test("the bound says how many boots failed, and when the next try is", () => {
  assertEquals(bounds({}, { gate: { failures: 1, retryAtMs: 10_001 } }).max.why, {
    code: "boot-failures",
    failures: 1,
    retryInMs: 1,
  });
});

Deno.test("without a failed boot no pause bars growth", () => {
  assertEquals(bounds({}, { gate: { failures: 0, retryAtMs: 20_000 } }).max.why.code, "configured");
});

Deno.test("the gate stays as it is while boots are not known", () => {
  const gate: BootGate = { failures: 2, retryAtMs: 5_000 };
  assertEquals(nextGate(gate, sample(9_000, { boots: "unknown" }), true), gate);
});

Deno.test("the gate stays as it is while no worker became ready", () => {
  const gate: BootGate = { failures: 2, retryAtMs: 5_000 };
  assertEquals(nextGate(gate, sample(9_000), false), gate);
});

Deno.test("a ready worker opens no gate that never closed", () => {
  const never: BootGate = { failures: 0, retryAtMs: 5_000 };
  assertEquals(nextGate(never, sample(9_000), true), never);
});

Deno.test("several failures at once count as several", () => {
  const gate = nextGate(OPEN_GATE, sample(0, { boots: { failures: 3, lastBootMs: 20 } }), false);
  assertEquals(gate, { failures: 3, retryAtMs: 4_000 });
});

Deno.test("however many boots fail at once, the pause is a minute at most", () => {
  const hopeless = nextGate(OPEN_GATE, sample(0, { boots: { failures: 5_000, lastBootMs: 20 } }), false);
  assertEquals(hopeless.retryAtMs, 60_000);
});

Deno.test("until a first worker serves there is no growth", () => {
  const counts = { target: 2, ready: 0, booting: 2, draining: 0, oldestBootMs: 5_000 };
  assertEquals(bounds({}, { counts, target: 2, bootMs: 0 }).max, { workers: 2, why: { code: "first-boot" } });
  assertEquals(bounds({}, { counts, target: 2, bootMs: 900 }).max.why.code, "configured");
  const one = { ...counts, ready: 1, booting: 1 };
  assertEquals(bounds({}, { counts: one, target: 2, bootMs: 0 }).max.why.code, "configured");
});
