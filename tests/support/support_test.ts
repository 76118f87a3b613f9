import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertLess,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { apps, appsFolder } from "./apps.ts";
import { Connection, get } from "./http.ts";
import { freeTcpPort } from "./port.ts";
import { run, start } from "./process.ts";
import { children, isAlive } from "./processes.ts";
import { tempDir } from "./tempdir.ts";
import { bin, makeVenv, venv } from "./venv.ts";
import { until } from "./wait.ts";

Deno.test("a printed line is found, a later one is awaited, and a missing one is an error with the output", async () => {
  await using process = start("sh", ["-c", "echo one; sleep 0.2; echo two 22 >&2"]);
  assertEquals((await process.line(/two ([0-9]+)/))[1], "22");
  assertEquals((await process.line(/one/))[0], "one");
  const error = await assertRejects(() => process.line(/three/), Error, "ended without saying");
  assertStringIncludes(error.message, "two 22");
});

Deno.test("a line that does not come in time is an error", async () => {
  await using process = start("sleep", ["30"]);
  await assertRejects(() => process.line(/never/, { timeoutMs: 50 }), Error, "within 50 ms");
});

Deno.test("dispose ends a program that ignores SIGTERM, its children and its orphans", async () => {
  let pids: number[] = [];
  {
    const script = "trap '' TERM; sleep 77 & (setsid sleep 78 &); echo up; while :; do sleep 0.05; done";
    await using process = start("bash", ["-c", script], { graceMs: 200 });
    await process.line(/up/);
    await until(() => process.family().length >= 3, { what: "the orphan" });
    pids = process.family().map((one) => one.pid);
    assertEquals(children(process.pid).length > 0, true);
  }
  assertEquals(pids.filter((pid) => isAlive(pid)), []);
});

Deno.test("until gives up with what it waited for", async () => {
  await assertRejects(
    () => until(() => false, { timeoutMs: 30, what: "rain" }),
    Error,
    "30 ms for rain",
  );
});

Deno.test("a virtualenv is made once for two that ask at the same time, and again when its requirements change", async () => {
  await using dir = await tempDir();
  const path = dir.join("venv");
  const [first, second] = await Promise.all([makeVenv(path, []), makeVenv(path, [])]);
  assertEquals([first, second], [path, path]);
  await Deno.writeTextFile(`${path}/kept`, "");
  await makeVenv(path, []);
  assert((await Deno.stat(`${path}/kept`)).isFile);
  await assertRejects(() => makeVenv(path, ["no such requirement"]), Error, "pip reach a package registry");
  await assertRejects(() => Deno.stat(`${path}/kept`), Deno.errors.NotFound);
});

Deno.test("gunicorn serves the test apps, over TCP and a unix socket, on new and kept connections", async () => {
  await using dir = await tempDir();
  const port = freeTcpPort();
  const socket = dir.join("s");
  const gunicorn = bin(await venv("newest"), "gunicorn");
  const args = [
    "--chdir",
    appsFolder,
    "-k",
    "gthread",
    "-b",
    `127.0.0.1:${port}`,
    "-b",
    `unix:${socket}`,
    apps.wsgi,
  ];
  await using server = start(gunicorn, args);
  await server.line(/Booting worker/);
  assertEquals((await get({ port }, "/")).body, "ok\n");
  assertEquals((await get({ socket }, "/fail")).status, 500);
  await using connection = await Connection.open({ port });
  const worker = (await connection.get("/pid")).body;
  assertEquals((await connection.get("/pid")).body, worker);
  assertEquals(children(server.pid), [Number(worker)]);
  for (const path of ["/sleep/60", "/cpu/60", "/stuck/60"]) {
    const before = performance.now();
    assertEquals((await connection.get(path)).status, 200);
    const tookMs = performance.now() - before;
    assertGreaterOrEqual(tookMs, 30, path);
    assertLess(tookMs, 3_000, path);
  }
  assertEquals((await server.stop()).code, 0);
});

for (const app of [apps.asgi, apps.fastApi]) {
  Deno.test(`uvicorn workers serve ${app}`, async () => {
    const port = freeTcpPort();
    const gunicorn = bin(await venv("newest"), "gunicorn");
    const args = [
      "--chdir",
      appsFolder,
      "-k",
      "uvicorn_worker.UvicornWorker",
      "-b",
      `127.0.0.1:${port}`,
      app,
    ];
    await using server = start(gunicorn, args);
    await server.line(/Application startup complete/, { timeoutMs: 20_000 });
    for (const path of ["/", "/sleep/5", "/cpu/5", "/block/5", "/stuck/5"]) {
      assertEquals((await get({ port }, path)).status, 200, path);
    }
    assertEquals((await get({ port }, "/fail")).status, 500);
  });
}

Deno.test("each pinned gunicorn runs", async () => {
  for (
    const [name, version] of [["20.1", "20.1.0"], ["22", "22.0.0"], ["23", "23.0.0"], [
      "25",
      "25.3.0",
    ]] as const
  ) {
    const { stdout } = await run(bin(await venv(name), "gunicorn"), ["--version"]);
    assertStringIncludes(stdout, version);
  }
});
