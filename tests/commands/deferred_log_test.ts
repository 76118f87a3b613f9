import { assertEquals, assertMatch } from "@std/assert";
import { run } from "../support/process.ts";

/** Lines that a program with a DeferredLog leaves on standard error. */
async function lines(program: string): Promise<string[]> {
  const { href } = new URL("../../src/commands/deferred_log.ts", import.meta.url);
  const script =
    `import { DeferredLog } from "${href}"; const log = new DeferredLog("info", "text"); ${program}`;
  const { code, stderr } = await run(Deno.execPath(), ["eval", script]);
  assertEquals(code, 0, stderr);
  return stderr.trimEnd().split("\n");
}

Deno.test("what is said before the log is loaded is logged first, and once", async () => {
  const [first, second, third, ...rest] = await lines(`
    log.warn("{what} is left out", { what: ".env" });
    log.info("no CPU quota", {});
    (await log.open()).info("loaded", {});
    log.info("said later", {});
    await log.flush();
    await log.flush();`);
  assertMatch(first!, /\[WARNING\] autoscaler: \.env is left out$/);
  assertMatch(second!, /\[INFO\] autoscaler: no CPU quota$/);
  assertMatch(third!, /\[INFO\] autoscaler: loaded$/);
  assertEquals(rest.length, 1);
  assertMatch(rest[0]!, /said later$/);
});
