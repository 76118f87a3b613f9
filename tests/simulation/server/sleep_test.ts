import { assertEquals, assertLess } from "@std/assert";
import { DEFAULT_POLICY } from "../../../src/core/policy_settings.ts";
import { autoscaler } from "../../../src/simulation/controllers/autoscaler_controller.ts";
import type { Tick } from "../../../src/simulation/load/recording.ts";
import { run } from "../../../src/simulation/server/engine.ts";
import { recordedResult } from "../../../src/simulation/report/recorded_result.ts";
import { scenario } from "./scripted_scenario.ts";

const night = (sleepAfterMs: number) => {
  const ticks: Tick[] = [];
  const settings = { ...DEFAULT_POLICY, sleepAfterMs, maxWorkers: 4 };
  const controller = autoscaler(settings, { onTick: (sample, decision) => ticks.push({ sample, decision }) });
  const result = run(scenario("5x20s,0x300s,5x20s", "50", { bootMs: 200 }), controller);
  return { result, recorded: recordedResult({ header: undefined, ticks }, 300) };
};

Deno.test("a simulated sleep takes no worker, loses no request, and its recording tells of it", () => {
  const [awake, asleep] = [night(0), night(60_000)];
  assertEquals([asleep.result.dropped, asleep.result.timedOut], [0, 0]);
  assertEquals(asleep.result.answered, awake.result.answered);
  assertLess(asleep.result.workerSeconds, awake.result.workerSeconds - 400);
  const words = asleep.recorded.changes.map(({ reason }) => reason);
  assertEquals(words.filter((text) => /^no request for 1 min: asleep, 0 workers$/.test(text)).length, 1);
  assertEquals(words.filter((text) => /^woken by a request after \d+ min/.test(text)).length, 1);
});
