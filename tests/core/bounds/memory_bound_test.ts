import { assertEquals } from "@std/assert";
import { DEFAULT_POLICY } from "../../../src/core/policy_settings.ts";
import type { Memory } from "../../../src/core/sample.ts";
import { bounds, memory } from "./bounds_scene.ts";

Deno.test("memory bounds what fits below its share of the limit", async (t) => {
  const cases: [usedMib: number, booting: number, workers: number][] = [
    [700, 0, 8], // room 200 MiB: 3 more than the 5 there are
    [700, 2, 8], // two of the 3 are booting already: 5 + 2 + 1
    [890, 0, 5], // no room for one more
    [960, 0, 5], // one too many already: growth is held, no worker is removed
    [2000, 0, 5],
    [100, 0, 12],
  ];
  for (const [usedMib, booting, workers] of cases) {
    await t.step(`${usedMib} MiB used, ${booting} booting: ${workers} workers`, () => {
      const counts = { target: 5, ready: 5, booting, draining: 0, oldestBootMs: 0 };
      assertEquals(bounds({ memory: memory(usedMib) }, { counts }).max.workers, workers);
    });
  }
});

Deno.test("memory that young workers took may not have been read: it is set aside", () => {
  assertEquals(bounds({ memory: memory(700) }, { young: 2 }).max.workers, 6);
});

Deno.test("memory bounds nothing while no worker has been measured", () => {
  assertEquals(bounds({ memory: memory(990, "unknown") }).all.map(({ why }) => why.code), ["configured"]);
});

Deno.test("memory: what booting workers and young ones will take is set aside together", () => {
  // Room for 200 MiB, 120 of which two workers are about to take: one more than the 6 there are.
  const counts = { target: 6, ready: 5, booting: 1, draining: 0, oldestBootMs: 10 };
  assertEquals(bounds({ memory: memory(700) }, { counts, young: 1 }).max.workers, 7);
});

Deno.test("memory: exactly what fits is allowed", () => {
  assertEquals(bounds({ memory: memory(780) }).max.workers, 7); // 900 - 780 = 2 x 60
  assertEquals(bounds({ memory: memory(781) }).max.workers, 6);
});

Deno.test("memory: a worker that takes none bounds nothing, the smallest does", () => {
  assertEquals(bounds({ memory: memory(890, 0) }).all.map(({ why }) => why.code), ["configured"]);
  const tiny: Memory = { limitBytes: 1_000, usedBytes: 895, workerBytes: 1 };
  assertEquals(bounds({ memory: tiny }).max.workers, 10);
});

Deno.test("memory: one worker at least, also with a minimum of none", () => {
  const settings = { ...DEFAULT_POLICY, minWorkers: 0, maxWorkers: 12 };
  const counts = { target: 0, ready: 0, booting: 0, draining: 0, oldestBootMs: 0 };
  assertEquals(bounds({ memory: memory(5_000) }, { settings, target: 1, counts }).max.workers, 1);
});
