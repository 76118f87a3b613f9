import { assertEquals } from "@std/assert";
import { minimumProblem } from "../../src/commands/advice.ts";
import type { Inspection } from "../../src/gunicorn/inspect.ts";
import type { Settings } from "../../src/settings/settings.ts";

const MIB = 2 ** 20;

Deno.test("a minimum that memory cannot hold is a problem, and said with what to do", () => {
  const settings = { minWorkers: 2 } as Settings;
  const app = (mib: number, preload = false) =>
    ({ preload, app: { problem: null, load_ms: 1, rss_bytes: mib * MIB } }) as unknown as Inspection;
  const problem = (mib: number, limitMib: number | undefined, preload = false) =>
    minimumProblem(settings, app(mib, preload), limitMib && limitMib * MIB);
  assertEquals(
    problem(80, 128),
    "Cannot fit the minimum of 2 workers into 128 MiB: 1 of 64 MiB fits, give more memory or lower --min-workers",
  );
  assertEquals(
    problem(200, 128),
    "Cannot fit the minimum of 2 workers into 128 MiB: not one of 160 MiB fits, give more memory",
  );
  assertEquals([problem(60, 256), problem(60, undefined), problem(80, 200, true)], Array(3).fill(undefined));
});
