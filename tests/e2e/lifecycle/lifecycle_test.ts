import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { autoscaled, program } from "../../support/autoscaled.ts";
import { appsFolder } from "../../support/apps.ts";
import { freeTcpPort, freeUdpPort } from "../../support/port.ts";
import { run } from "../../support/process.ts";
import { isAlive, type ProcessId } from "../../support/processes.ts";
import { tempDir } from "../../support/tempdir.ts";
import { bin, venv } from "../../support/venv.ts";
import { until } from "../../support/wait.ts";

async function untilGone(family: readonly ProcessId[], timeoutMs: number): Promise<void> {
  await until(() => family.every((one) => !isAlive(one)), {
    timeoutMs,
    what: () => `the end of ${family.filter(isAlive).map((one) => one.pid)}`,
  });
}

const entries = (folder: string): string[] => [...Deno.readDirSync(folder)].map((entry) => entry.name);

for (const probe of ["on", "off"]) {
  const own = probe === "on" ? [] : ["--probe", "off", "--statsd-addr", `127.0.0.1:${freeUdpPort()}`];

  Deno.test(`probe ${probe}: TERM ends all with exit 0 and leaves nothing behind`, async () => {
    await using server = await autoscaled({ own: [...own, "--min-workers", "3"] });
    await server.untilWorkers(3);
    const family = server.process.family();
    assert(family.length >= 4, `${family.length} processes`);
    const status = await server.process.stop("SIGTERM");
    assertEquals(status.code, 0, server.process.text());
    await untilGone(family, 1_000);
    assertEquals(entries(server.runtimeBase), []);
  });

  Deno.test(`probe ${probe}: INT ends as gunicorn does`, async () => {
    await using server = await autoscaled({ own });
    const family = server.process.family();
    assertEquals((await server.process.stop("SIGINT")).code, 0);
    await untilGone(family, 1_000);
  });

  Deno.test(`probe ${probe}: killed outright, we leave no gunicorn behind`, async () => {
    await using server = await autoscaled({ own: [...own, "--min-workers", "3"] });
    await server.untilWorkers(3);
    const family = server.process.family();
    await server.process.stop("SIGKILL");
    await untilGone(family, 3_000);
    if (probe === "on") {
      await until(() => entries(server.runtimeBase).length === 0, { what: "an empty runtime folder" });
    }
  });

  Deno.test(`probe ${probe}: the master killed, we exit 137 and end its workers`, async () => {
    await using server = await autoscaled({ own });
    const family = server.process.family();
    Deno.kill(server.master, "SIGKILL");
    const status = await server.process.exited;
    assertEquals(status.code, 137, server.process.text());
    await untilGone(family, 1_000);
    assertEquals(entries(server.runtimeBase), []);
  });

  Deno.test(`probe ${probe}: HUP replaces the workers and keeps their number`, async () => {
    await using server = await autoscaled({ own: [...own, "--min-workers", "4"] });
    await server.untilWorkers(4);
    const before = server.workers();
    server.process.signal("SIGHUP");
    await until(() => server.workers().every((pid) => !before.includes(pid)), { what: "new workers" });
    await server.untilWorkers(4);
    assertEquals((await server.get("/")).status, 200);
  });
}

Deno.test("the folder a killed instance left is removed by the next", async () => {
  await using base = await tempDir();
  const stale = base.join("gunicorn-autoscaler-stale");
  await Deno.mkdir(stale, { mode: 0o700 });
  await Deno.writeTextFile(`${stale}/instance.json`, JSON.stringify({ pid: 4_194_303, startTicks: 1 }));
  const [command, ...rest] = program();
  const ended = await run(command!, [...rest, "--runtime-dir", base.path, "nothing:app"], {
    env: { PATH: `${await venv("newest")}/bin:${Deno.env.get("PATH")}` },
  });
  assertEquals(ended.code, 3, ended.stderr);
  assertEquals(entries(base.path), []);
});

Deno.test("an application that cannot be loaded: gunicorn's own exit code, at once", async () => {
  const path = await venv("newest");
  const args = ["nothing:app", "--bind", `127.0.0.1:${freeTcpPort()}`];
  const bare = await run(bin(path, "gunicorn"), args);
  const [command, ...rest] = program();
  const ours = await run(command!, [...rest, ...args], {
    env: { PATH: `${path}/bin:${Deno.env.get("PATH")}` },
  });
  assertEquals(ours.code, bare.code, ours.stderr);
  assertStringIncludes(ours.stderr, "No module named 'nothing'");
});

Deno.test("gunicorn missing: exit 127 and what to do", async () => {
  const [command, ...rest] = program();
  const ended = await run(command!, [...rest, "app:app"], { env: { PATH: "/nonexistent" } });
  assertEquals(ended.code, 127);
  assertMatch(ended.stderr, /^Cannot start gunicorn: gunicorn is not on PATH, install it/);
});

Deno.test("a program of the working folder: the error has the name that a shell would take", async () => {
  await using dir = await tempDir();
  await Deno.chmod(await dir.write("serve.sh", "#!/bin/sh\n"), 0o755);
  const [command, ...rest] = program();
  for (const words of [["--gunicorn", "serve.sh", "app:app"], ["exec", "--", "serve.sh"]]) {
    const ended = await run(command!, [...rest, ...words], { cwd: dir.path });
    assertEquals(ended.code, 127);
    assertStringIncludes(ended.stderr, " is not on PATH, write ./serve.sh");
  }
});

Deno.test("a start that fails where --gunicorn names the application has gunicorn's exit code", async () => {
  const [command, ...rest] = program();
  const gunicorn = `${await venv("newest")}/bin/gunicorn wsgi:app`;
  const ended = await run(command!, [...rest, "--gunicorn", gunicorn, "-k", "nonsense"], { cwd: appsFolder });
  assertEquals(ended.code, 1);
  assertEquals(ended.stderr.includes("no application"), false, ended.stderr);
});

Deno.test("bad settings: exit 2, all of them at once, nothing started", async () => {
  const [command, ...rest] = program();
  const ended = await run(command!, [...rest, "--min-workers", "0", "app:app"], {
    env: {
      GUNICORN_AUTOSCALER_TICK_MS: "soon",
      GUNICORN_AUTOSCALER_BURST_ENABLED: "perhaps",
      PATH: "/nonexistent",
    },
  });
  assertEquals(ended.code, 2);
  assertEquals(ended.stderr.trim().split("\n").length, 3, ended.stderr);
});

Deno.test("a StatsD port that is taken: an error before gunicorn starts", async () => {
  const taken = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  try {
    const { port } = taken.addr as Deno.NetAddr;
    const path = await venv("newest");
    const [command, ...rest] = program();
    const ended = await run(command!, [...rest, "--statsd-addr", `127.0.0.1:${port}`, "wsgi:app"], {
      env: { PATH: `${path}/bin:${Deno.env.get("PATH")}` },
      cwd: appsFolder,
    });
    assertEquals(ended.code, 1);
    assertMatch(ended.stderr, /^Cannot listen for StatsD on 127\.0\.0\.1:\d+: /m);
    assert(!ended.stderr.includes("Starting gunicorn"), ended.stderr);
  } finally {
    taken.close();
  }
});

Deno.test("the count to begin with is the user's, and gunicorn's own TTIN does not make it drift", async () => {
  await using server = await autoscaled({
    own: ["--min-workers", "2", "--max-workers", "6", "--idle-seconds", "600"],
    gunicorn: ["-w", "4"],
  });
  await server.untilWorkers(4);
  for (let i = 0; i < 3; i++) Deno.kill(server.master, "SIGTTIN");
  await until(async () => (await server.get("/")).status === 200, { what: "an answer" });
  // Each may have brought one more, for a while or until a TTOU.
  await until(() => {
    Deno.kill(server.master, "SIGTTOU");
    return server.workers().length === 4;
  }, { everyMs: 200, what: () => `4 workers, there are ${server.workers().length}` });
});

Deno.test("TTIN and TTOU move the minimum, USR2 is refused, USR1 and WINCH pass", async () => {
  await using server = await autoscaled({ own: ["--min-workers", "1", "--max-workers", "6"] });
  const { process } = server;
  process.signal("SIGTTIN");
  await process.line(/the minimum is now 2/);
  await server.untilWorkers(2);
  process.signal("SIGTTOU");
  await process.line(/the minimum is now 1/);
  process.signal("SIGUSR2");
  await process.line(/Cannot pass on SIGUSR2/);
  process.signal("SIGUSR1");
  await process.line(/Handling signal: usr1/);
  process.signal("SIGWINCH");
  await process.line(/Handling signal: winch/);
  assertEquals((await server.get("/")).status, 200);
});

Deno.test("a dry run says what it would do and does nothing", async () => {
  await using server = await autoscaled({ own: ["--dry-run", "--min-workers", "1", "--max-workers", "6"] });
  await server.process.line(/gunicorn-autoscaler \d\S+: 1 to 6 workers, p95 within 300 ms; dry run$/);
  const asking = Array.from({ length: 12 }, () => server.get("/sleep/200"));
  await server.process.line(/dry run, not applied: .*grow from 1 to/);
  await Promise.all(asking);
  assertEquals(server.workers().length, 1);
});

Deno.test("two instances side by side do not know of each other", async () => {
  await using one = await autoscaled({ own: ["--min-workers", "1"] });
  await using two = await autoscaled({ own: ["--min-workers", "2"] });
  await one.untilWorkers(1);
  await two.untilWorkers(2);
  await one.process.stop("SIGTERM");
  assertEquals((await two.get("/")).status, 200);
  assertEquals(two.workers().length, 2);
});

Deno.test("a worker that is killed or recycled is replaced, and the number stays", async () => {
  await using server = await autoscaled({
    own: ["--min-workers", "3", "--max-workers", "6"],
    gunicorn: ["--max-requests", "5"],
  });
  await server.untilWorkers(3);
  for (let i = 0; i < 30; i++) {
    assertEquals((await server.get("/")).status, 200);
    // Those of five requests may all be about to be replaced.
    if (i % 10 === 0) Deno.kill(await until(() => server.workers()[0], { what: "a worker" }), "SIGKILL");
  }
  await server.untilWorkers(3);
});
