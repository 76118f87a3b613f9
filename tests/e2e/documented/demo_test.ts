import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { get } from "../../support/http.ts";
import { start } from "../../support/process.ts";

const repository = new URL("../../../", import.meta.url).pathname;

function demo(seconds: number) {
  return start(Deno.execPath(), [
    "run",
    "-A",
    `${repository}examples/demo/demo.ts`,
    "--seconds",
    String(seconds),
  ]);
}

Deno.test("the demo shows workers rise under a burst, sums up, and leaves nothing running", async () => {
  await using process = demo(10);
  await process.line(/grow from 2 to \d+ workers/, { timeoutMs: 120_000 });
  const { code } = await process.ended;
  const text = process.text();
  assertEquals(code, 0, text);
  assert(/requests +\d{3,}: 0 errors, 0 time-outs/.test(text), text);
  // Processes: one that drains is among them while another one starts, so there may be more than the maximum.
  assert(
    /workers +([4-9] at most|1[0-2] at most|1\d at most with those that drain), the first new one/.test(text),
    text,
  );
  assertEquals(process.family(), []);
});

Deno.test("Ctrl-C ends the demo at once, with exit code 130 and nothing left running", async () => {
  await using process = demo(40);
  await process.line(/ 2 workers/, { timeoutMs: 120_000 });
  const port = Number(/dashboard, while it runs: http:\/\/127\.0\.0\.1:(\d+)\/$/m.exec(process.text())?.[1]);
  assertStringIncludes((await get({ port }, "/")).body, "Why this many workers");
  process.signal("SIGINT");
  const { code } = await process.ended;
  assertEquals(code, 130, process.text());
  assert(process.text().includes("Ended early."));
  assertEquals(process.family(), []);
});
