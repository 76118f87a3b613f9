import { assertEquals, assertMatch } from "@std/assert";
import type { LogRecord } from "@logtape/logtape";
import { jsonLine, textLine } from "../src/log.ts";

const record: LogRecord = {
  category: ["autoscaler"],
  level: "warning",
  message: ["grow to ", 9, " workers"],
  rawMessage: "grow to {target} workers",
  timestamp: Date.UTC(2026, 10, 24, 8, 0, 0),
  properties: { target: 9 },
};

Deno.test("a line of text is in gunicorn's form: the time with its zone, the pid, the level", () => {
  const zone =
    /^\[(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4})\] \[(\d+)\] \[WARNING\] autoscaler: grow to 9 workers$/;
  const [, stamp, pid] = zone.exec(textLine(record))!;
  assertEquals(Number(pid), Deno.pid);
  assertEquals(
    new Date(stamp!.replace(" ", "T").replace(/ ([+-]\d\d)(\d\d)$/, "$1:$2")).getTime(),
    record.timestamp,
  );
});

Deno.test("a line of JSON has the words, and beside them what they were made of", () => {
  assertEquals(JSON.parse(jsonLine(record)), {
    time: "2026-11-24T08:00:00.000Z",
    level: "warning",
    logger: "autoscaler",
    pid: Deno.pid,
    message: "grow to 9 workers",
    target: 9,
  });
});

Deno.test("what is below the level is not written, what is at it is, in the form that was asked for", async () => {
  for (
    const [format, form] of [["text", /^\[.*\] \[ERROR\] autoscaler: said$/], [
      "json",
      /^\{.*"said"\}$/,
    ]] as const
  ) {
    const program = `import { openLog } from "${new URL("../src/log.ts", import.meta.url)}";
      const log = openLog("error", "${format}");
      log.warning("unsaid");
      log.error("said");`;
    const { stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", program],
      env: { NO_COLOR: "1" },
    })
      .output();
    assertMatch(new TextDecoder().decode(stderr).trim(), form);
  }
});

Deno.test("a log without a reader does not end the program", async () => {
  const program = `import { openLog } from "${new URL("../src/log.ts", import.meta.url)}";
    const log = openLog("error", "text");
    log.error("unread");
    console.log("alive");`;
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", '"$0" eval "$1" 2>&-', Deno.execPath(), program],
  }).output();
  assertEquals(new TextDecoder().decode(stdout), "alive\n");
});
