import { assertEquals, assertLess, assertStringIncludes } from "@std/assert";
import { withoutDescriptors } from "../../faults/support/descriptors.ts";
import { missingNamespaces } from "../../faults/support/namespaces.ts";
import { pin, untilBooted } from "../../faults/support/steady.ts";
import { autoscaled } from "../../support/autoscaled.ts";
import { get } from "../../support/http.ts";
import { controlSocket } from "../../support/running_commands.ts";
import { children, forkServers, isAlive } from "../../support/processes.ts";
import { tempDir } from "../../support/tempdir.ts";
import type { VenvName } from "../../support/venv.ts";
import { until } from "../../support/wait.ts";

Deno.test("decisions go on after a TERM until gunicorn has closed its listeners", async () => {
  await using server = await autoscaled({ own: ["--min-workers", "2"] });
  await server.untilWorkers(2);
  const socket = await controlSocket(server);
  const ticks = async () =>
    Number(/^gunicorn_autoscaler_ticks_total (\d+)$/m.exec((await get({ socket }, "/metrics")).body)?.[1]);
  await until(async () => await ticks() > 10, { timeoutMs: 30_000, what: "ticks" }); // it knows the listeners by then
  const { master, process } = server;
  Deno.kill(master, "SIGSTOP"); // its hooks may keep it as long
  try {
    process.signal("SIGTERM");
    await process.line(/SIGTERM: passed on to gunicorn/);
    const before = await ticks();
    await until(async () => await ticks() > before + 5, {
      timeoutMs: 20_000,
      what: () => `ticks after the TERM\n${process.text()}`,
    });
  } finally {
    Deno.kill(master, "SIGCONT");
  }
  assertEquals((await process.stop("SIGCONT", 30_000)).code, 0);
});

Deno.test("a killed autoscaler ends a gunicorn whose Python cannot ask the kernel for that", async () => {
  await using folder = await tempDir();
  await folder.write("sitecustomize.py", "import sys\nsys.modules['ctypes'] = None\n");
  await using server = await autoscaled({ env: { PYTHONPATH: folder.path } });
  const { master } = server;
  await server.process.line(/Cannot tie gunicorn to the life of its supervisor/);
  server.process.signal("SIGKILL");
  await until(() => !isAlive(master), { timeoutMs: 20_000, what: "the end of gunicorn" });
});

for (const [app, code] of [["wsgi:app", 0], ["absent:app", 3]] as const) {
  Deno.test(`where SIGCHLD is ignored, the exit code is that of gunicorn: ${code}`, async () => {
    await using server = await autoscaled({
      app,
      wrap: (words) => ["bash", "-c", `trap "" CHLD; exec "$@"`, "bash", ...words],
      untilReady: code === 0,
    });
    if (code === 0) await server.process.stop("SIGTERM", 30_000);
    assertEquals((await server.process.exited).code, code, server.process.text());
  });
}

Deno.test("where all signals are blocked, workers come and go, and TERM ends", async () => {
  const block = "import os, signal, sys\n" +
    "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, signal.NSIG))\nos.execvp(sys.argv[1], sys.argv[1:])";
  await using server = await autoscaled({
    own: ["--min-workers", "1"],
    wrap: (words) => ["python3", "-c", block, ...words],
  });
  await pin(server, 3);
  await server.untilWorkers(3);
  await pin(server, 1);
  await server.untilWorkers(1, 30_000);
  assertEquals((await server.process.stop("SIGTERM", 30_000)).code, 0);
  assertStringIncludes(
    server.log(),
    "SIGTERM, SIGCHLD, SIGTTIN, SIGTTOU, SIGURG were blocked by what started this",
  );
});

Deno.test("a log file that has reached the limit of its size (ulimit -f) ends nothing", async () => {
  await using folder = await tempDir();
  const full = `truncate -s 64M "$0"; ulimit -f 65536; exec "$@" 2>>"$0"`;
  await using server = await autoscaled({
    own: ["--min-workers", "2"],
    wrap: (words) => ["bash", "-c", full, folder.join("log"), ...words],
  });
  await untilBooted(server, 2);
  server.process.signal("SIGTTIN"); // logged
  await server.untilWorkers(3);
  assertEquals((await server.process.stop("SIGTERM", 30_000)).code, 0);
});

for (const venv of ["newest", "20.1"] as const) {
  Deno.test(`started again at once after a kill, with a request in service, it finds no pid file: gunicorn ${venv}`, async () => {
    await using folder = await tempDir();
    const pidFile = folder.join("pid");
    await using server = await autoscaled({
      own: ["--min-workers", "2"],
      gunicorn: ["--pid", pidFile],
      venv,
    });
    await untilBooted(server, 2);
    const { master } = server;
    assertEquals(Number(await Deno.readTextFile(pidFile)), master);
    const socket = await controlSocket(server);
    const slow = server.get("/sleep/4000");
    const status = async () => JSON.parse((await get({ socket }, "/status")).body);
    await until(async () => (await status()).traffic.inFlight === 1, { what: "it is in service" });
    server.process.signal("SIGKILL");
    const isThere = () => Deno.stat(pidFile).then(() => true, () => false);
    await until(async () => !await isThere(), { timeoutMs: 2_000, what: "no pid file" });
    assertEquals(isAlive(master), true);
    assertEquals((await slow).status, 200);
    await until(() => !isAlive(master), { timeoutMs: 20_000, what: "the master's end" });
  });
}

Deno.test("a HUP is passed on though no file can be opened", async () => {
  await using server = await autoscaled({ own: ["--min-workers", "2"] });
  await untilBooted(server, 2);
  const old = server.workers();
  const restore = await withoutDescriptors(server.process.pid);
  server.process.signal("SIGHUP");
  await until(() => server.workers().length === 2 && !server.workers().some((pid) => old.includes(pid)), {
    timeoutMs: 30_000,
    what: () => `new workers\n${server.process.text()}`,
  });
  await restore();
});

Deno.test({
  name: "a HUP is passed on where /proc shows another pid namespace",
  ignore: missingNamespaces !== undefined,
  fn: async () => {
    await using server = await autoscaled({
      own: ["--min-workers", "2"],
      wrap: (words) => ["unshare", "--pid", "--fork", "--kill-child", ...words],
    });
    const ours = server.master; // below unshare
    const workers = () => children(children(ours)[0]!);
    await until(() => workers().length === 2, { timeoutMs: 30_000, what: () => server.process.text() });
    const served = new Set<string>();
    await until(async () => {
      for (const { body } of await Promise.all(Array.from({ length: 8 }, () => server.get("/pid")))) {
        served.add(body);
      }
      return served.size === 2;
    }, { timeoutMs: 30_000, what: "answers of both" });
    const old = workers();
    Deno.kill(ours, "SIGHUP");
    await until(() => workers().length === 2 && !workers().some((pid) => old.includes(pid)), {
      timeoutMs: 30_000,
      what: () => `new workers\n${server.process.text()}`,
    });
    Deno.kill(ours, "SIGTERM");
    assertEquals((await server.process.exited).code, 0);
  },
});

const LAUNCHERS: readonly [string, VenvName, readonly string[]][] = [
  ["gunicorn 20.1", "20.1", []],
  ["gunicorn newest", "newest", []],
  ["env", "newest", ["--gunicorn", "env GREETING=hello gunicorn"]],
  ["a shell that execs", "newest", ["--gunicorn", `sh -c 'exec gunicorn "$@"' sh`]],
  ["a shell that stays", "newest", ["--gunicorn", `sh -c 'gunicorn "$@"; exit $?' sh`]],
  ["python -m gunicorn", "newest", ["--gunicorn", "python -m gunicorn"]],
];

for (const [name, version, launcher] of LAUNCHERS) {
  Deno.test(`an autoscaler that is killed while gunicorn starts leaves none behind: ${name}`, async () => {
    for (const afterMs of [0, 60, 150, 300]) {
      await using server = await autoscaled({
        own: ["--min-workers", "2", ...launcher],
        venv: version,
        untilReady: false,
      });
      await until(() => children(server.process.pid).length > 0, {
        timeoutMs: 30_000,
        everyMs: 2,
        what: "gunicorn",
      });
      const fromMs = performance.now();
      await until(() => performance.now() - fromMs >= afterMs, { what: "its moment" });
      Deno.kill(server.process.pid, "SIGKILL");
      await server.process.exited;
      await until(() => server.process.family().length === 0, {
        timeoutMs: 15_000,
        what: () => `the end of gunicorn, killed after ${afterMs} ms\n${server.process.text()}`,
      });
    }
  });
}

Deno.test("a HUP in the moment in which gunicorn is started ends neither", async () => {
  await using server = await autoscaled({ own: ["--min-workers", "2"], untilReady: false });
  await until(() => children(server.process.pid).length > 0, {
    timeoutMs: 30_000,
    everyMs: 1,
    what: "gunicorn",
  });
  server.process.signal("SIGHUP");
  await server.process.line(/SIGHUP: not passed on, gunicorn is still starting|Handling signal: hup/, {
    timeoutMs: 30_000,
  });
  await until(() => server.get("/").then(({ status }) => status === 200, () => false), {
    timeoutMs: 60_000,
    what: () => `an answer\n${server.process.text()}`,
  });
});

for (const version of ["20.1", "23", "newest"] as const) {
  Deno.test(`TERM in the middle of a slow reload ends all within the graceful timeout: gunicorn ${version}`, async () => {
    const gracefulS = 10;
    await using server = await autoscaled({
      own: ["--min-workers", "4", "--max-workers", "4"],
      app: "slow_import:app",
      env: { IMPORT_SECONDS: "3" },
      gunicorn: ["--graceful-timeout", String(gracefulS)],
      venv: version,
    });
    await untilBooted(server, 4);
    const family = server.process.family();
    server.process.signal("SIGHUP");
    // The first new one imports, or the fork server of the new code does.
    await until(() => server.workers().length === 5 || forkServers(server.master).length === 2, {
      timeoutMs: 40_000,
      what: () => `an import\n${server.process.text()}`,
    });
    const fromMs = performance.now();
    const { code } = await server.process.stop("SIGTERM", 60_000);
    assertEquals(code, 0, server.process.text());
    assertLess(performance.now() - fromMs, gracefulS * 1_000);
    assertEquals(family.filter((one) => isAlive(one)), []);
    assertEquals(server.process.family(), []);
  });
}

for (const version of ["20.1", "23", "newest"] as const) {
  Deno.test(`TERM while a hook of the user's blocks is heard after the graceful timeout: gunicorn ${version}`, async () => {
    await using dir = await tempDir();
    const config = await dir.write(
      "conf.py",
      "import time\n\ndef child_exit(server, worker):\n    server.log.info('it blocks')\n    time.sleep(600)\n",
    );
    await using server = await autoscaled({
      own: ["--min-workers", "2", "--max-workers", "2"],
      gunicorn: ["-c", config, "--graceful-timeout", "3"],
      venv: version,
    });
    await untilBooted(server, 2);
    Deno.kill(server.workers()[0]!, "SIGKILL");
    await server.process.line(/it blocks/, { timeoutMs: 30_000 });
    const fromMs = performance.now();
    const { code } = await server.process.stop("SIGTERM", 40_000);
    assertEquals(code, 0, server.process.text());
    assertLess(performance.now() - fromMs, 15_000);
    assertEquals(server.process.family(), []);
  });
}
