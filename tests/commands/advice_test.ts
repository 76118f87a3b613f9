import { assertEquals, assertMatch } from "@std/assert";
import { advise, minimumProblem } from "../../src/commands/advice.ts";
import type { Inspection } from "../../src/gunicorn/inspect.ts";
import type { Settings } from "../../src/settings/settings.ts";

const MIB = 2 ** 20;

Deno.test("a minimum that does not fit into memory is a problem, with what to do", () => {
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

Deno.test("a fork server that cannot be is named", () => {
  const advised = (forkServer: "on" | "off", preload: boolean) =>
    advise({
      settings: { forkServer, probe: "on", maxWorkers: 4 } as Settings,
      inspection: { preload, reload: !preload, app: null } as unknown as Inspection,
      model: { kind: "gthread", slots: 2 },
      memoryLimitBytes: undefined,
      cores: 2,
    })[0];
  assertEquals(advised("on", true), "--fork-server on has no effect with --preload");
  assertEquals(advised("on", false), "--fork-server on has no effect with --reload");
  assertEquals(advised("off", true), undefined);
});

Deno.test("advice names what a fork server saves, and from how many workers on it saves memory", () => {
  const advised = (forkMib: number) =>
    advise({
      settings: { forkServer: "off", probe: "on", maxWorkers: 4 } as Settings,
      inspection: {
        preload: false,
        reload: false,
        app: { problem: null, load_ms: 2_100, rss_bytes: 130 * MIB, fork_ms: 12, fork_bytes: forkMib * MIB },
      } as unknown as Inspection,
      model: { kind: "gthread", slots: 2 },
      memoryLimitBytes: undefined,
      cores: 2,
    })[0];
  assertEquals(
    advised(9),
    "A boot takes 2.1 s and 130 MiB; from a fork server (--fork-server on) about 12 ms and 9 MiB to begin with. " +
      "It saves memory from 2 workers on (about 131 instead of 208 MiB); docs/fork-server.md says when not to use it",
  );
  assertMatch(advised(60)!, /saves memory from 4 workers on \(about 404 instead of 416 MiB\)/);
  assertMatch(advised(200)!, /It saves no memory; /);
});
