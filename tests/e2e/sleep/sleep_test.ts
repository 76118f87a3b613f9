/** No workers without requests, and no request lost by that: gunicorn itself, asleep and woken. */
import { assert, assertEquals, assertGreater, assertMatch } from "@std/assert";
import { sleepCycles, sleepyClasses, type SleepyClassName } from "../../../bench/endurance/sleep_cycles.ts";
import { hasOpenssl, makeCertificate } from "../../support/builds/certificate.ts";
import { get } from "../../support/http.ts";
import { freeTcpPort } from "../../support/port.ts";
import { trySignal } from "../../support/process.ts";
import { command } from "../../support/running_commands.ts";
import { tempDir } from "../../support/tempdir.ts";
import { hasWorker, type VenvName } from "../../support/venv.ts";
import { until } from "../../support/wait.ts";
import { untilBooted } from "../../faults/support/steady.ts";
import { codeOf, PATIENCE_MS, reload, sleepy, untilAsleep } from "./support.ts";

const CYCLES = 20;
const SIGURG = 23;

/** Whether a process has a handler for this signal. */
function catches(pid: number, signal: number): boolean {
  const mask = /^SigCgt:\s+(\w+)$/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`))![1];
  return (BigInt(`0x${mask}`) >> BigInt(signal - 1) & 1n) === 1n;
}

const cases: readonly [SleepyClassName, VenvName][] = [
  ["sync", "20.1"],
  ["gthread", "20.1"],
  ["uvicorn.workers", "20.1-uvicorn"],
  ["sync", "23"],
  ["gthread", "23"],
  ["uvicorn", "23-uvicorn"],
  ["sync", "newest"],
  ["gthread", "newest"],
  ["uvicorn", "newest"],
  ["asgi", "newest"],
];
for (const [name, venv] of cases) {
  const ignore = !hasWorker(venv, name);
  Deno.test(
    `${name} (gunicorn ${venv}): a request at any moment of falling asleep is answered, the next worker has the new code after a HUP, TERM ends with 0`,
    { ignore },
    async () => {
      const { app, gunicorn } = sleepyClasses[name];
      await using dir = await tempDir();
      await dir.write("fresh.py", codeOf(app, "old"));
      await using server = await sleepy({
        app: "fresh:app",
        gunicorn: ["--pythonpath", dir.path, ...gunicorn],
        venv,
      });
      const { failures, wakes } = await sleepCycles(server, [{ port: server.port }], CYCLES, Math.random);
      assertEquals(failures, []);
      assertGreater(wakes, 0);
      await untilAsleep(server);
      await dir.write("fresh.py", codeOf(app, "new"));
      await reload(server);
      assertEquals((await server.get("/")).body, "new");
      await untilAsleep(server);
      server.process.signal("SIGTERM");
      assertEquals((await server.process.exited).code, 0);
    },
  );
}

Deno.test("several binds, a unix socket among them: a client of any wakes it", async () => {
  await using dir = await tempDir();
  const [second, socket] = [freeTcpPort(), `${dir.path}/app.sock`];
  const gunicorn = ["--bind", `127.0.0.1:${second}`, "--bind", `unix:${socket}`];
  await using server = await sleepy({ gunicorn });
  for (const target of [{ port: second }, { socket }, { port: server.port }]) {
    await untilAsleep(server);
    assertEquals((await get(target, "/", { timeoutMs: PATIENCE_MS })).status, 200);
  }
});

Deno.test({
  name: "a TLS client wakes it (needs openssl)",
  ignore: !hasOpenssl,
  fn: async () => {
    await using dir = await tempDir();
    const { cert, key } = await makeCertificate(dir.path);
    await using server = await sleepy({
      gunicorn: ["--certfile", cert, "--keyfile", key],
      untilReady: false,
    });
    await server.process.line(/Booting worker/, { timeoutMs: PATIENCE_MS });
    await untilAsleep(server);
    using client = Deno.createHttpClient({ caCerts: [Deno.readTextFileSync(cert)], poolMaxIdlePerHost: 0 });
    const answer = await fetch(`https://127.0.0.1:${server.port}/`, {
      client,
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    await answer.text();
    assertEquals(answer.status, 200);
  },
});

for (const venv of ["20.1", "newest"] as const) {
  Deno.test(`gunicorn ${venv}: a reload while asleep to code that cannot boot ends nothing, and the repaired code serves`, async () => {
    await using dir = await tempDir();
    const write = (text: string) => dir.write("fresh.py", text);
    await write(codeOf("wsgi:app", "old"));
    await using server = await sleepy({
      venv,
      own: ["--fork-server", "off"], // which keeps the old code
      app: "fresh:app",
      gunicorn: ["--pythonpath", dir.path],
    });
    await untilAsleep(server);
    await write("def app(:\n");
    await reload(server);
    const asked = get({ port: server.port }, "/", { timeoutMs: PATIENCE_MS });
    asked.catch(() => {});
    await server.process.line(/ended before it served/, { timeoutMs: PATIENCE_MS });
    await write(codeOf("wsgi:app", "repaired"));
    assertEquals((await asked).body, "repaired");
    await untilAsleep(server);
    server.process.signal("SIGTERM");
    assertEquals((await server.process.exited).code, 0);
  });
}

Deno.test("orders, signals and settings while asleep", async () => {
  await using server = await sleepy();
  await untilAsleep(server);
  assert(catches(server.process.pid, SIGURG), "gunicorn's master can tell it of a wake");
  assertEquals((await command(server, "scale", "2")).code, 0);
  await untilBooted(server, 2);
  assertEquals((await command(server, "resume")).code, 0);
  await untilAsleep(server);
  assertEquals((await command(server, "pause")).code, 0);
  assertEquals(server.workers(), []);
  assertEquals((await server.get("/")).status, 200);
  await until(() => server.workers().length === 1, { what: "the worker that it was woken with" });
  assertEquals((await command(server, "resume")).code, 0);
  await untilAsleep(server);
  trySignal(server.master, "SIGTTIN");
  await until(() => server.workers().length > 0, { what: "the worker of a TTIN" });
  await untilAsleep(server);
  assertEquals((await command(server, "set", "sleep-after=0")).code, 0);
  await untilBooted(server, 1);
});

for (
  const [own, gunicorn, why] of [
    [["--probe", "off"], [], /Cannot use --sleep-after with --probe off: .*, leave it on/],
    [[], ["--reuse-port"], /Cannot use --sleep-after with gunicorn's --reuse-port: .*, leave one/],
  ] as const
) {
  Deno.test(`refused with ${[...own, ...gunicorn].join(" ")}`, async () => {
    await using server = await sleepy({ own, gunicorn, untilReady: false });
    const { code } = await server.process.ended;
    assertEquals(code, 2);
    assertMatch(server.process.text("stderr"), why);
  });
}

Deno.test("reuse_port of a config file: it stays awake, and the log says why", async () => {
  await using dir = await tempDir();
  await dir.write("conf.py", "reuse_port = True\n");
  await using server = await sleepy({ gunicorn: ["-c", `${dir.path}/conf.py`] });
  await server.process.line(/Cannot sleep: with reuse_port/, { timeoutMs: PATIENCE_MS });
  assertEquals((await server.get("/")).status, 200);
});
