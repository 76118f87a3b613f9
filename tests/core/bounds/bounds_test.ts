import { assert, assertEquals } from "@std/assert";
import { DEFAULT_POLICY } from "../../../src/core/policy_settings.ts";
import { bounds, cpu, memory, quiet } from "./bounds_scene.ts";

Deno.test("the configured maximum bounds when nothing else is known", () => {
  assertEquals(bounds().max, { workers: 12, why: { code: "configured" } });
});

Deno.test("the lowest bound leads, the others follow in order", () => {
  const { max, all } = bounds({ memory: memory(700), cpu: cpu(1.9) }, {
    recent: { ...quiet, occupiedMs: 12_000, cpuMs: 5_400, cpuWaitMs: 6_000 },
  });
  assertEquals(max.why.code, "cpu");
  assertEquals(all.map((b) => b.why.code), ["cpu", "memory", "configured"]);
  assert(all.every((b, i) => i === 0 || b.workers >= all[i - 1]!.workers));
});

Deno.test("the minimum and the maximum are those that were set", () => {
  const settings = { ...DEFAULT_POLICY, minWorkers: 3, maxWorkers: 7 };
  const { min, max } = bounds({}, { settings });
  assertEquals(min, 3);
  assertEquals(max.workers, 7);
});
