/** The doorbell on real gunicorn: any number of workers with one signal, kept through whatever happens. */

import { assert, assertEquals, assertGreaterOrEqual, assertLess } from "@std/assert";
import { ProbedGunicorn } from "../../probe/probed_gunicorn.ts";
import { SLOT } from "../../sensors/probe/shared_pages.ts";
import { apps, appsFolder } from "../../support/apps.ts";
import { get } from "../../support/http.ts";
import { freeTcpPort } from "../../support/port.ts";
import type { StartOptions } from "../../support/process.ts";
import { isAlive } from "../../support/processes.ts";
import { tempDir } from "../../support/tempdir.ts";
import { bin, venv, type VenvName } from "../../support/venv.ts";
import { until } from "../../support/wait.ts";

const versions = ["20.1", "23", "newest"] as const satisfies VenvName[];

for (const version of versions) {
  Deno.test(`HUP keeps 10 and replaces them all: gunicorn ${version}`, async () => {
    await using server = await startServer(version, ["-w", "3", apps.wsgi], 2);
    await server.settled(2);
    server.ask(10);
    const before = await server.settled(10);
    server.process.signal("SIGHUP");
    await until(() => server.arbiter?.reloads === 1, { what: "the reload" });
    const after = await until(async () => {
      const ready = await server.settled(10);
      return ready.every((pid) => !before.includes(pid)) && ready;
    }, { what: "10 new workers" });
    assertEquals(after.length, 10);
    assertEquals(server.arbiter?.confirmed, 10);
    server.ask(4);
    await server.settled(4);
  });

  Deno.test(`the count does not drift: TTIN and TTOU from outside, kills, a lost signal: gunicorn ${version}`, async () => {
    await using server = await startServer(version, [apps.wsgi], 4);
    const pids = await server.steady(4);
    const oldest = Math.min(...pids);
    server.process.signal("SIGTTIN"); // a refresh, as cron jobs do it
    await until(() => server.ready().length === 5, { what: "one worker more" });
    server.process.signal("SIGTTOU");
    await until(() => !server.slots().has(oldest), { what: "the end of the oldest" });
    const [first] = await server.settled(4);
    assertEquals(server.arbiter!.confirmed, 4);

    Deno.kill(first!, "SIGKILL");
    await until(() => !server.slots().has(first!), { what: "the end of the killed worker" });
    await server.settled(4);
    assertEquals(server.arbiter?.bootFailures, 0);

    server.want(6); // its signal is lost
    await until(() => server.confirmed(6), {
      timeoutMs: 3_000,
      what: "the answer to a request without a signal",
    });
    await server.settled(6);
    server.ask(3, "SIGTTIN"); // the wrong bell rings as well
    await server.settled(3);
    server.ask(1);
    await server.settled(1);
    server.ask(2, "SIGTTOU"); // gunicorn ignores TTOU at 1 worker
    await server.settled(2);
  });

  Deno.test(`max_requests recycles workers without drift: gunicorn ${version}`, async () => {
    const port = freeTcpPort();
    const args = ["--max-requests", "3", "-b", `127.0.0.1:${port}`, apps.wsgi];
    await using server = await startServer(version, args, 3);
    await server.settled(3);
    for (let i = 0; i < 40; i++) assertEquals((await get({ port }, "/")).status, 200);
    await server.settled(3);
    assertGreaterOrEqual(server.arbiter!.spawned, 10);
    assertEquals(server.arbiter!.bootFailures, 0);
  });

  Deno.test(`a later worker that cannot boot stops no other, and is tried again: gunicorn ${version}`, async () => {
    await using dir = await tempDir();
    const broken = dir.join("broken");
    const port = freeTcpPort();
    const args = ["-b", `127.0.0.1:${port}`, apps.brokenBoot];
    await using server = await startServer(version, args, 2, { env: { BROKEN_WHEN: broken } });
    await server.settled(2);
    await Deno.writeTextFile(broken, "");
    server.ask(4);
    await until(() => server.arbiter!.bootFailures >= 2, { what: "failing boots" });
    assertEquals((await get({ port }, "/")).status, 200);
    const { bootFailures } = server.arbiter!;
    assertLess(bootFailures, 6, "the next tries wait");
    await Deno.remove(broken);
    await server.settled(4);
    assert(isAlive(server.process.pid));
  });

  Deno.test(`a reload into an application that cannot boot leaves the old workers: gunicorn ${version}`, async () => {
    await using dir = await tempDir();
    const broken = dir.join("broken");
    const port = freeTcpPort();
    const args = ["-b", `127.0.0.1:${port}`, apps.brokenBoot];
    await using server = await startServer(version, args, 3, { env: { BROKEN_WHEN: broken } });
    const old = await server.settled(3);
    await Deno.writeTextFile(broken, "");
    server.process.signal("SIGHUP");
    const hupAtMs = performance.now();
    await until(() => server.arbiter?.bootFailures === 1, { what: "the failed boot" });
    assertEquals((await get({ port }, "/")).status, 200);
    assertEquals((await server.settled(3)).sort(), old.sort());
    server.ask(2); // and it listens again, without a long wait for an end that does not come
    await until(() => server.confirmed(2), { timeoutMs: 3_000, what: "an answer" });
    await server.settled(2);
    await Deno.remove(broken);
    await until(() => performance.now() > hupAtMs + 300, {
      what: "a HUP that is no second one of the first",
    });
    server.process.signal("SIGHUP");
    await until(() => server.arbiter?.reloads === 2, { what: "the second reload" });
    const young = await until(async () => {
      const ready = await server.settled(2);
      return ready.every((pid) => !old.includes(pid)) && ready;
    }, { what: "new workers" });
    assertEquals(young.length, 2);
  });

  Deno.test(`a first worker that cannot boot ends gunicorn as without us: gunicorn ${version}`, async () => {
    await using dir = await tempDir();
    const env = { BROKEN_WHEN: await dir.write("broken", "") };
    // One worker: with two, gunicorn 27 by itself exits with 1 instead of 3.
    await using server = await startServer(version, [apps.brokenBoot], 1, { env });
    assertEquals((await server.process.ended).code, 3);
  });

  Deno.test(`SIGTERM ends all with exit code 0: gunicorn ${version}`, async () => {
    await using server = await startServer(version, [apps.wsgi], 5);
    const pids = await server.settled(5);
    assertEquals((await server.process.stop()).code, 0);
    assertEquals(pids.filter((pid) => isAlive(pid)), []);
    assertEquals(server.slots().size, 0);
  });
}

Deno.test("the idlest worker is removed", async () => {
  const port = freeTcpPort();
  await using server = await startServer("newest", ["-b", `127.0.0.1:${port}`, apps.wsgi], 3);
  await server.settled(3);
  const slow = get({ port }, "/sleep/1500");
  const busy = () => [...server.slots()].filter(([, slot]) => slot[SLOT.inFlight]! > 0).map(([pid]) => pid);
  const [pid] = await until(() => busy().length === 1 && busy(), { what: "one busy worker" });
  server.ask(1);
  assertEquals(await server.settled(1), [pid]);
  assertEquals((await slow).status, 200);
});

Deno.test("workers that drain do not count: growth during a drain comes at once", async () => {
  const port = freeTcpPort();
  await using server = await startServer("newest", ["-b", `127.0.0.1:${port}`, apps.wsgi], 2);
  await server.settled(2);
  const slow = [get({ port }, "/sleep/3000"), get({ port }, "/sleep/3000")];
  await until(() => [...server.slots().values()].every((slot) => slot[SLOT.inFlight] === 1), {
    what: "2 busy workers",
  });
  server.ask(1);
  await until(() => server.arbiter!.draining === 1, { what: "a drain" });
  const from = performance.now();
  server.ask(3);
  await until(() => server.ready().length === 3, { what: "3 ready workers" });
  assertLess(performance.now() - from, 1_000);
  assertEquals(server.arbiter!.draining, 1);
  assertEquals((await Promise.all(slow)).map((answer) => answer.status), [200, 200]);
  await server.settled(3);
});

for (
  const extra of [["--preload"], ["--reload"], ["-k", "uvicorn_worker.UvicornWorker"], [
    "-k",
    "gevent_pywsgi",
  ]]
) {
  Deno.test(`growth, HUP and shrinking with ${extra.join(" ")}`, async () => {
    const app = extra[1]?.startsWith("uvicorn") ? apps.asgi : apps.wsgi;
    await using server = await startServer("newest", [...extra, app], 1);
    await server.settled(1);
    server.ask(3);
    await server.settled(3);
    server.process.signal("SIGHUP");
    await until(() => server.arbiter?.reloads === 1, { what: "the reload" });
    await server.settled(3);
    server.ask(1);
    await server.settled(1);
    assertEquals((await server.process.stop()).code, 0);
  });
}

Deno.test("--user nobody: slots are opened before the worker gives up its rights", async () => {
  if (Deno.uid() !== 0) return;
  const port = freeTcpPort();
  await using server = await startServer(
    "newest",
    ["--user", "65534", "-b", `127.0.0.1:${port}`, apps.wsgi],
    2,
  );
  await server.settled(2);
  assertEquals((await get({ port }, "/")).status, 200);
  await until(() => [...server.slots().values()].some((slot) => slot[SLOT.finished] === 1), {
    what: "a counted request",
  });
  server.ask(4);
  await server.settled(4);
});

async function startServer(
  version: VenvName,
  args: readonly string[],
  wanted: number,
  options: StartOptions = {},
): Promise<ProbedGunicorn> {
  const bind = args.includes("-b") ? [] : ["-b", "127.0.0.1:0"];
  const gunicorn = bin(await venv(version), "gunicorn");
  return new ProbedGunicorn(gunicorn, ["--chdir", appsFolder, ...bind, ...args], wanted, options);
}
