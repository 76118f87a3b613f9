import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { appsFolder } from "../../support/apps.ts";
import { program } from "../../support/autoscaled.ts";
import { memoryCgroup } from "../../support/containers/memory_cgroup.ts";
import { run } from "../../support/process.ts";
import { tempDir } from "../../support/tempdir.ts";
import { venv } from "../../support/venv.ts";
import { until } from "../../support/wait.ts";

async function check(
  args: readonly string[],
  env: Record<string, string> = {},
  before: readonly string[] = [],
) {
  const [command, ...rest] = [...before, ...program(), "check", ...args];
  const ended = await run(command!, rest, {
    env: { PATH: `${await venv("newest")}/bin:${Deno.env.get("PATH")}`, ...env },
    cwd: appsFolder,
  });
  return { ...ended, text: ended.stdout.replace(/ +/g, " ") };
}

Deno.test("check prints gunicorn, limits, signals and every setting with its source, and exits 0", async () => {
  const { code, text } = await check(
    [
      "--min-workers",
      "3",
      "fast_api:app",
      "-k",
      "uvicorn_worker.UvicornWorker",
      "-b",
      "127.0.0.1:8123",
      "-w",
      "4",
    ],
    { GUNICORN_AUTOSCALER_SLO_P95_MS: "250" },
  );
  assertEquals(code, 0, text);
  for (
    const sentence of [
      `version ${Deno.env.get("TEST_GUNICORN") || "27.0.1"}`,
      "worker class uvicorn_worker.UvicornWorker (uvicorn, 1000 requests at a time)",
      "bind 127.0.0.1:8123",
      "application loads in ",
      "in flight, busy time live, from the probe",
      "attaches to the master and to every uvicorn worker",
      "workers 4 to begin with, then 3 to",
      "config file none",
      "graceful timeout 30 s, gunicorn's default",
      "min-workers 3 (flag)",
      "slo-p95-ms 250 (GUNICORN_AUTOSCALER_SLO_P95_MS)",
      "burst-enabled true (default)",
      "Ready to run.",
    ]
  ) assertStringIncludes(text, sentence);
});

Deno.test("check prints the bounds that gunicorn's own number moves, and what a configuration forbids", async () => {
  const more = await check(["wsgi:app", "-w", "40", "-b", "127.0.0.1:8123"]);
  for (const row of ["maximum 40 workers, from gunicorn's workers", "max-workers 40 (gunicorn's workers)"]) {
    assertStringIncludes(more.text, row);
  }
  await using folder = await tempDir();
  const config = await folder.write("conf.py", "workers = 1\nreuse_port = True\n");
  const one = await check(["wsgi:app", "-c", config, "-b", "127.0.0.1:8123", "--sleep-after", "60"]);
  for (
    const row of ["min-workers 1 (gunicorn's workers)", "note --sleep-after has no effect with reuse_port"]
  ) {
    assertStringIncludes(one.text, row);
  }
});

Deno.test("folders whose names are no text do not keep it from starting", async () => {
  const odd = "XDG_RUNTIME_DIR=$(printf '/caf\\351') TMPDIR=$XDG_RUNTIME_DIR PATH=$PATH:$XDG_RUNTIME_DIR";
  const { code, text, stderr } = await check(["wsgi:app", "-b", "127.0.0.1:8123"], {}, [
    "sh",
    "-c",
    `export ${odd}; exec "$@"`,
    "sh",
  ]);
  assertEquals(code, 0, stderr + text);
});

Deno.test("check reads the worker class that a run would start, the deprecated name replaced", async () => {
  const words = ["fast_api:app", "-k", "uvicorn.workers.UvicornWorker", "-b", "127.0.0.1:8123"];
  const { text } = await check(["--map-uvicorn-deprecated", ...words]);
  assertStringIncludes(text, "worker class uvicorn_worker.UvicornWorker (uvicorn");
  assertStringIncludes(text, "note uvicorn.workers is deprecated: using uvicorn_worker");
});

Deno.test("what cannot run is listed, all of it, with exit 2", async () => {
  const own = ["--min-workers", "none", "--status-addr", "9100", "--probe", "off"];
  const { code, text } = await check([...own, "nothing:app", "--daemon"]);
  assertEquals(code, 2, text);
  assertStringIncludes(text, "Cannot use --status-addr=9100");
  assertStringIncludes(text, "Cannot use --min-workers=none");
  assertStringIncludes(text, "Cannot run gunicorn with --daemon and --probe off");
  assertMatch(text, /Cannot load the application: ModuleNotFoundError: .*, correct the name or the folder/);
  assertStringIncludes(text, "Not ready to run.");
});

Deno.test("settings of gunicorn with which it would end at its start are errors, others are none", async () => {
  await using folder = await tempDir();
  const [there, missing] = [folder.join("there"), folder.join("missing/file")];
  await folder.write("there", "");
  const cases = [
    [["--certfile", missing], `certfile=${missing}: there is no such file`],
    [["--access-logfile", missing], `accesslog=${missing}: it cannot be written`],
    [["--error-logfile", folder.path], `errorlog=${folder.path}: it cannot be written`],
    [["--pid", missing], `pidfile=${missing}: there is no such folder`],
    [["--bind", `unix:${missing}`], `bind=${missing}: there is no such folder`],
    [["--bind", "127.0.0.1:99999"], "bind=127.0.0.1:99999: there is no such port"],
    [["--worker-tmp-dir", missing], `worker_tmp_dir=${missing}: there is no such folder`],
    [["--logger-class", "no_such.Logger"], "logger_class=no_such.Logger: "],
  ] as const;
  const { code, text } = await check(["wsgi:app", ...cases.flatMap(([words]) => words)]);
  assertEquals(code, 2, text);
  for (const [, error] of cases) assertStringIncludes(text, `Cannot use gunicorn's ${error}`);
  const fine = [
    "--certfile",
    there,
    "--keyfile",
    there,
    "--pid",
    folder.join("pid"),
    "--bind",
    "unix:app.sock",
  ];
  const logs = [
    "--access-logfile",
    "-",
    "--error-logfile",
    folder.join("new.log"),
    "--worker-tmp-dir",
    folder.path,
  ];
  assertEquals((await check(["wsgi:app", ...fine, ...logs])).code, 0);
  const bound = await check(["wsgi:app", "--bind", "fd://3", "--bind", "[::1]:18999"]);
  assertEquals(bound.code, 0, bound.text);
  assertStringIncludes(bound.text, "bind fd://3, [::1]:18999\n");
  assertEquals([...Deno.readDirSync(folder.path)].map(({ name }) => name), ["there"]);
});

Deno.test("a worker class that cannot be loaded, a broken config and a missing gunicorn are reported", async () => {
  assertMatch(
    (await check(["wsgi:app", "-k", "nonsense"])).text,
    /Cannot load the worker class nonsense: .*, correct it or install what has it\n/,
  );
  assertStringIncludes(
    (await check(["wsgi:app", "-c", "missing.py"])).text,
    "Cannot read gunicorn's configuration",
  );
  const nothing = (await check([])).text;
  assertStringIncludes(nothing, "Cannot start: no application is named, add one such as myapp:app");
  const missing = await check(["--gunicorn", "no-such-gunicorn", "wsgi:app"]);
  assertEquals(missing.code, 2);
  assertStringIncludes(missing.text, "no-such-gunicorn is not on PATH");
});

Deno.test("an ASGI application on a worker class for WSGI is an error, as no request would be answered", async () => {
  for (const workerClass of ["sync", "gthread"]) {
    const { code, text } = await check(["asgi:app", "-k", workerClass, "-b", "127.0.0.1:0"]);
    assertEquals(code, 2, text);
    assertStringIncludes(text, `Cannot serve an ASGI application with the worker class ${workerClass}: `);
  }
  const served = await check(["asgi:app", "-k", "uvicorn_worker.UvicornWorker", "-b", "127.0.0.1:0"]);
  assertEquals(served.code, 0, served.text);
});

Deno.test("a gunicorn whose interpreter is gone, as in a moved environment, is told as such", async () => {
  await using dir = await tempDir();
  const gunicorn = await dir.write("gunicorn", "#!/nowhere/bin/python3\n");
  await Deno.chmod(gunicorn, 0o755);
  const { code, text } = await check(["--gunicorn", gunicorn, "wsgi:app"]);
  assertEquals(code, 2);
  assertStringIncludes(text, `Cannot start ${gunicorn}: `);
  assertStringIncludes(text, "see that it and the interpreter of its first line exist and may be executed\n");
});

Deno.test("an application that --gunicorn names is checked", async () => {
  const { code, text } = await check(["--gunicorn", "gunicorn wsgi:app --threads 3", "-b", "127.0.0.1:0"]);
  assertEquals(code, 0, text);
  assertStringIncludes(text, "application loads in ");
});

Deno.test("an address that is taken is a warning: it may be the one that is to be replaced", async () => {
  using holder = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const address = `127.0.0.1:${(holder.addr as Deno.NetAddr).port}`;
  const { code, text } = await check(["--status-addr", address, "wsgi:app", "-b", address]);
  assertEquals(code, 0, text);
  assertStringIncludes(text, `${address} (gunicorn's --bind) is taken now`);
  assertStringIncludes(text, `${address} (--status-addr) is taken now`);
});

Deno.test("a folder or a recording that cannot be written is reported before a run fails on it", async () => {
  const { code, text } = await check([
    "--runtime-dir",
    "/nowhere",
    "--record",
    "/nowhere/x.jsonl",
    "wsgi:app",
  ]);
  assertEquals(code, 2, text);
  assertStringIncludes(text, "Cannot make a runtime folder: /nowhere: there is no such folder");
  assertStringIncludes(text, "Cannot record to /nowhere/x.jsonl: there is no such folder");
});

Deno.test("advice: a slow import wants a fork server or --preload, sync workers that wait want threads", async () => {
  const slow = await check(["slow_import:app"], {
    IMPORT_SECONDS: "1.2",
    GUNICORN_AUTOSCALER_FORK_SERVER: "off",
  });
  assertMatch(
    slow.text,
    /A boot takes [1-9]\d*\.\d s and \d+ MiB; from a fork server \(--fork-server on\) about \d+ ms/,
  );
  assertStringIncludes(slow.text, "with --preload workers are ready at once");
  assertStringIncludes(slow.text, "-k gthread --threads 4");
});

Deno.test("check loads the application with gunicorn's --pythonpath and --env, as a worker does", async () => {
  await using dir = await tempDir();
  await dir.write(
    "elsewhere/placed.py",
    "import os\nfrom wsgi import app\nassert os.environ['PLACE'] == 'here'\n",
  );
  const { code, text } = await check([
    "placed:app",
    "-b",
    "127.0.0.1:0",
    "--pythonpath",
    dir.join("elsewhere"),
    "--env",
    "PLACE=here",
  ]);
  assertEquals(code, 0, text);
  assertStringIncludes(text, "application loads in ");
});

Deno.test("without the probe check says what is not measured and where StatsD is received", async () => {
  const { text } = await check(["--probe", "off", "wsgi:app"]);
  assertStringIncludes(text, "StatsD received on 127.0.0.1:9125");
  assertStringIncludes(text, "in flight, busy time not measured");
});

Deno.test("check tells of a launcher, of a program, and of what systemd gives and wants", async () => {
  const launcher = await check(["--gunicorn", "env gunicorn", "wsgi:app"]);
  assertEquals(launcher.code, 0, launcher.text);
  assertStringIncludes(launcher.text, "launcher env: gunicorn is found below it");
  assertStringIncludes(launcher.text, "known only when /");
  const exec = await check(["exec", "--max-workers", "4", "--", "python", "manage.py"]);
  assertEquals(exec.code, 0, exec.text);
  assertStringIncludes(
    exec.text,
    "program python: gunicorn below it reads our config from GUNICORN_CMD_ARGS",
  );
  const systemd = await check(["wsgi:app"], {
    NOTIFY_SOCKET: "/run/systemd/notify",
    WATCHDOG_USEC: "60000000",
    LISTEN_FDS: "1",
    LISTEN_PID: "1",
  });
  assertStringIncludes(systemd.text, "systemd told of ready, reloads, stopping, status, alive every 30 s");
  assertStringIncludes(systemd.text, "sockets of another process (LISTEN_PID=1): not served");
});

Deno.test("a minimum that does not fit into the memory of the control group is an error with exit 2", async () => {
  using group = memoryCgroup(400 * 2 ** 20);
  if (group === undefined) {
    console.log("skipped: this machine does not let us make a control group with a memory limit");
    return;
  }
  const inGroup = ["/bin/sh", "-c", `echo $$ > ${group.procs} && exec "$@"`, "sh"];
  const ballast = { BALLAST_MIB: "60" };
  const words = ["--max-workers", "8", "ballast:app", "-b", "127.0.0.1:8123"];
  const big = await check(["--min-workers", "8", ...words], ballast, inGroup);
  assertEquals(big.code, 2, big.text);
  assertMatch(big.text + big.stderr, /Cannot fit the minimum of 8 workers into 400 MiB: \d of \d+ MiB fit/);
  const small = await check(["--min-workers", "2", ...words], ballast, inGroup);
  assertEquals(small.code, 0, small.text + small.stderr);
  await until(() => Deno.readTextFileSync(group.procs).trim() === "", { what: "an empty control group" });
});
