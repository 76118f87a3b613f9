import { assertEquals } from "@std/assert";
import { forkServerReport } from "../../src/status/fork_server_report.ts";
import { FORK_SERVER } from "./records.ts";

Deno.test("the fork server has a sentence in every state", () => {
  const text = (changes: Partial<Parameters<typeof forkServerReport>[0]>) =>
    forkServerReport({ ...FORK_SERVER, ...changes }).text;
  assertEquals(
    text({}),
    "pid 98, imported in 2.10 s; 3 workers forked, the last in 15 ms; 1 lost or not had",
  );
  assertEquals(
    text({ forks: 0, lastForkMs: undefined, failures: 0 }),
    "pid 98, imported in 2.10 s; 0 workers forked",
  );
  assertEquals(text({ state: "starting", failures: 0 }), "pid 98 imports the application");
  assertEquals(text({ state: "refused", why: "a thread runs" }), "none: a thread runs");
  assertEquals(text({ state: "failed" }), "none, it is tried again; 1 lost or not had");
  assertEquals(text({ state: "none" }), "");
});
