import { assertEquals, assertThrows } from "@std/assert";
import { CommandError } from "../../src/gunicorn/find.ts";
import { Gunicorn } from "../../src/gunicorn/process.ts";
import { processOf } from "../../src/platform/process_id.ts";
import { tempDir } from "../support/tempdir.ts";
import { until } from "../support/wait.ts";

Deno.test("a signal to end that gunicorn did not take is sent again", async () => {
  await using dir = await tempDir();
  const ready = dir.join("ready");
  // As gunicorn 23 with a full queue: the first TERM is lost.
  const script = "import signal,sys,time\nseen=[]\n" +
    "signal.signal(signal.SIGTERM, lambda *a: seen.append(1) or (len(seen) > 1 and sys.exit(7)))\n" +
    `open('${ready}', 'w')\nend = time.time() + 20\nwhile time.time() < end: time.sleep(0.05)`;
  const gunicorn = Gunicorn.start({ words: ["python3", "-c", script] });
  gunicorn.recognise(processOf(gunicorn.pid)!);
  await until(async () => await Deno.stat(ready).then(() => true, () => false), { what: "its handler" });
  gunicorn.end("SIGTERM");
  assertEquals((await gunicorn.exited).code, 7);
});

Deno.test("a process that has given up its handlers to exit is not killed by a repeated signal", async () => {
  await using dir = await tempDir();
  const ready = dir.join("ready");
  const script = "import signal,sys,time\n" +
    "def leave(*a):\n    signal.signal(signal.SIGTERM, signal.SIG_DFL)\n    time.sleep(2.5)\n    sys.exit(7)\n" +
    `signal.signal(signal.SIGTERM, leave)\nopen('${ready}', 'w')\ntime.sleep(20)`;
  const gunicorn = Gunicorn.start({ words: ["python3", "-c", script] });
  gunicorn.recognise(processOf(gunicorn.pid)!);
  await until(async () => await Deno.stat(ready).then(() => true, () => false), { what: "its handler" });
  gunicorn.end("SIGTERM");
  assertEquals((await gunicorn.exited).code, 7);
});

Deno.test("a handler that sleeps before the end is not called a second time", async () => {
  await using dir = await tempDir();
  const ready = dir.join("ready");
  const script = "import signal,sys,time\n" +
    `def leave(*a):\n    signal.signal(signal.SIGTERM, lambda *a: sys.exit(8))\n` +
    "    time.sleep(4.5)\n    sys.exit(7)\n" +
    `signal.signal(signal.SIGTERM, leave)\nopen('${ready}', 'w')\ntime.sleep(30)`;
  const gunicorn = Gunicorn.start({ words: ["python3", "-c", script] });
  gunicorn.recognise(processOf(gunicorn.pid)!);
  await until(async () => await Deno.stat(ready).then(() => true, () => false), { what: "its handler" });
  gunicorn.end("SIGTERM", { isListening: () => true });
  assertEquals((await gunicorn.exited).code, 7);
});

Deno.test("a signal to end is sent again until the listeners are closed, and not after that", async () => {
  await using dir = await tempDir();
  const [ready, seen] = [dir.join("ready"), dir.join("seen")];
  const script = "import signal,sys,time\n" +
    `signal.signal(signal.SIGTERM, lambda *a: open('${seen}', 'a').write('x'))\n` +
    "signal.signal(signal.SIGUSR1, lambda *a: sys.exit(7))\n" +
    `open('${ready}', 'w')\nend = time.time() + 30\nwhile time.time() < end: time.sleep(0.05)`;
  const gunicorn = Gunicorn.start({ words: ["python3", "-c", script] });
  gunicorn.recognise(processOf(gunicorn.pid)!);
  const there = (path: string) => Deno.stat(path).then(({ size }) => size + 1, () => 0);
  await until(async () => await there(ready), { what: "its handler" });
  let looks = 0;
  gunicorn.end("SIGTERM", { isListening: () => ++looks <= 2 });
  await until(() => looks === 3, { what: "three looks" });
  assertEquals(await there(seen), 3, "at first, and after the second look");
  // With the probe, only after the graceful timeout.
  looks = 0;
  gunicorn.end("SIGTERM", { isListening: () => ++looks <= 3, graceMs: () => 2_500 });
  await until(() => looks === 4, { what: "four looks" });
  assertEquals(await there(seen), 5, "at first, and after the third look");
  gunicorn.signal("SIGUSR1");
  assertEquals((await gunicorn.exited).code, 7);
  assertEquals(looks, 4);
});

for (
  const [name, handler, expected] of [
    [
      "that handles the signal gets it, soon after gunicorn's end",
      "signal.signal(signal.SIGTERM, lambda *a: sys.exit(7))",
      7,
    ],
    ["that has no handler may tidy up after gunicorn's end", "pass", 8],
  ] as const
) {
  Deno.test(`a launcher ${name}`, async () => {
    await using dir = await tempDir();
    const pid = dir.join("pid");
    const script = `import signal,subprocess,sys,time\n${handler}\n` +
      "master = subprocess.Popen(['sleep', '30'])\n" +
      `with open('${pid}.new', 'w') as file: file.write(str(master.pid))\n` +
      `import os; os.rename('${pid}.new', '${pid}')\n` +
      "master.wait()\ntime.sleep(2.5)\nsys.exit(8)";
    const gunicorn = Gunicorn.start({ words: ["python3", "-c", script] });
    const text = () => Deno.readTextFile(pid).catch(() => undefined);
    await until(async () => await text() !== undefined, { what: "gunicorn's master" });
    gunicorn.recognise(processOf(Number(await text()))!);
    gunicorn.end("SIGTERM");
    assertEquals((await gunicorn.exited).code, expected);
  });
}

Deno.test("a reload reaches gunicorn once it has a handler for it, and does not end it before", async () => {
  await using dir = await tempDir();
  const [started, ready] = [dir.join("started"), dir.join("ready")];
  const script = "import os,signal,sys,time\n" +
    `open('${started}', 'w')\nend = time.time() + 30\n` +
    `while not os.path.exists('${dir.join("go")}') and time.time() < end: time.sleep(0.02)\n` +
    `signal.signal(signal.SIGHUP, lambda *a: sys.exit(7))\nopen('${ready}', 'w')\n` +
    "while time.time() < end: time.sleep(0.05)";
  const gunicorn = Gunicorn.start({ words: ["python3", "-c", script] });
  const there = (path: string) => Deno.stat(path).then(() => true, () => false);
  await until(() => there(started), { what: "the program" });
  assertEquals(gunicorn.passOn("SIGHUP"), false);
  await Deno.writeTextFile(dir.join("go"), "");
  await until(() => there(ready), { what: "its handler" });
  assertEquals(gunicorn.passOn("SIGHUP"), true);
  assertEquals((await gunicorn.exited).code, 7);
});

Deno.test("a gunicorn that cannot be executed is refused with what to do", async () => {
  await using dir = await tempDir();
  const script = await dir.write("gunicorn", "#!/nonexistent/python3\n");
  await Deno.chmod(script, 0o755);
  const start = () => Gunicorn.start({ words: [script, "app:app"] });
  assertEquals(assertThrows(start, CommandError, `Cannot start ${script}: `).exitCode, 126);
});

Deno.test({
  name: "what a signal ends has 128 + its number as exit code, also of one that Deno has no name for",
  // Deno takes a process whose status it refuses for one that was not waited for.
  sanitizeResources: false,
  async fn() {
    for (const [number, signal] of [[9, "SIGKILL"], [34, "signal 34"]] as const) {
      const gunicorn = Gunicorn.start({ words: ["sh", "-c", `kill -${number} $$`] });
      assertEquals(await gunicorn.exited, { code: 128 + number, signal });
    }
  },
});
