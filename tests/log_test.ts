import { assertEquals, assertMatch } from "@std/assert";
import type { LogRecord } from "@logtape/logtape";
import { jsonLine, textLine } from "../src/log.ts";
import { run } from "./support/process.ts";
import { tempDir } from "./support/tempdir.ts";

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

Deno.test("a value of a message takes no field of the line's own", () => {
  const said = {
    ...record,
    message: ["process ", 7, " in ", "9 min"],
    properties: { pid: 7, time: "9 min" },
  };
  const { time, pid, message } = JSON.parse(jsonLine(said));
  assertEquals([time, pid, message], ["2026-11-24T08:00:00.000Z", Deno.pid, "process 7 in 9 min"]);
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

/** Writes 5,000 lines of 200 bytes, says "done" on standard output, and one line more once it is read. */
const WRITER = `
import { openLog } from ${JSON.stringify(new URL("../src/log.ts", import.meta.url).href)};
const log = openLog("info", "text");
for (let i = 0; i < 5000; i++) log.info("line {i} {pad}", { i, pad: "x".repeat(150) });
Deno.stdout.writeSync(new TextEncoder().encode("done\\n"));
await Deno.stdin.read(new Uint8Array(1));
await new Promise((resolve) => setTimeout(resolve, 1500));
log.info("the end");
Deno.exit(0);
`;

for (const reader of ["pipe", "socket"] as const) {
  Deno.test(`lines that are not read from a ${reader} block nothing, and dropped ones are counted`, async () => {
    const deno = [Deno.execPath(), "eval", WRITER];
    const program = reader === "pipe" ? deno : ["python3", "-c", SOCKET, ...deno];
    const child = new Deno.Command(program[0]!, {
      args: program.slice(1),
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      signal: AbortSignal.timeout(30_000),
    }).spawn();
    const out = child.stdout.getReader();
    assertEquals(new TextDecoder().decode((await out.read()).value), "done\n");
    const read = new Response(child.stderr).text();
    const stdin = child.stdin.getWriter();
    await stdin.write(new Uint8Array(1));
    const text = await read;
    await Promise.all([stdin.close().catch(() => {}), out.cancel()]);
    assertEquals((await child.status).code, 0);
    const lines = text.trimEnd().split("\n");
    const dropped = Number(/WARNING\] autoscaler: (\d+) lines were dropped/m.exec(text)?.[1]);
    assertEquals(lines.filter((line) => / line \d+ x+$/.test(line)).length + dropped, 5000);
    assertMatch(lines.at(-1)!, /the end$/);
  });
}

/** Runs a program with a socket for its standard error, read only once something came to standard input. */
const SOCKET = `
import os, socket, subprocess, sys
ours, theirs = socket.socketpair()
child = subprocess.Popen(sys.argv[1:], stderr=theirs, stdin=subprocess.PIPE)
theirs.close()
child.stdin.write(os.read(0, 1)); child.stdin.flush()
while True:
    data = ours.recv(65536)
    if not data:
        break
    os.write(2, data)
sys.exit(child.wait())
`;

Deno.test("a file as standard error keeps our lines and those of others that write to it", async () => {
  await using dir = await tempDir();
  const log = new URL("../src/log.ts", import.meta.url).href;
  const config = new URL("../deno.json", import.meta.url).pathname;
  const script = `import { openLog } from "${log}"; openLog("info", "text").info("ours");`;
  const file = await dir.write("main.ts", script);
  const command =
    `{ echo before >&2; "${Deno.execPath()}" run -A --config ${config} ${file}; echo after >&2; } 2> ${
      dir.join("log")
    }`;
  assertEquals((await run("sh", ["-c", command])).code, 0);
  const lines = (await Deno.readTextFile(dir.join("log"))).trim().split("\n");
  assertEquals(lines.map((line) => /(before|ours|after)$/.exec(line)?.[1]), ["before", "ours", "after"]);
});
