/** Workers forked from a process that imported the application once. */
import { assertEquals, assertNotEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { trySignal } from "../../support/process.ts";
import { forkServers, isAlive } from "../../support/processes.ts";
import { command } from "../../support/running_commands.ts";
import { tempDir } from "../../support/tempdir.ts";
import { until } from "../../support/wait.ts";
import { pin, untilBooted } from "../../faults/support/steady.ts";
import { forks, started, untilForkServer } from "./support.ts";
import { hasWorker } from "../../support/venv.ts";

for (
  const [venv, gunicorn] of [
    ["20.1", []],
    ["20.1", ["--threads", "2"]],
    ["23", []],
    ["newest", []],
    ["newest", ["--threads", "2"]],
  ] as const
) {
  Deno.test(`gunicorn ${venv} ${gunicorn.join(" ")}: workers come from the fork server, as children of the master`, async () => {
    await using server = await started({ venv, gunicorn });
    await untilBooted(server, 2);
    await untilForkServer(server);
    const [killed] = server.workers();
    trySignal(killed!, "SIGKILL");
    await untilBooted(server, 2);
    await pin(server, 6);
    await untilBooted(server, 6);
    assertEquals(await forks(server), 7);
    assertEquals(server.process.text("stderr").match(/imported the application/g)?.length, 1);
    await pin(server, 2);
    await untilBooted(server, 2);
    const processes = [server.master, ...server.workers(), ...forkServers(server.master)];
    server.process.signal("SIGTERM");
    assertEquals((await server.process.exited).code, 0);
    await until(() => !processes.some((pid) => isAlive(pid)), { what: "the end of all" });
  });
}

for (const venv of ["23", "25"] as const) {
  Deno.test(`gunicorn ${venv}: programs that workers leave behind end unseen by gunicorn, whatever their exit code`, async () => {
    await using dir = await tempDir();
    await dir.write(
      "leaving.py",
      `import os, subprocess, threading
from wsgi import app

def leave():
    while True:
        subprocess.run(["sh", "-c", "sleep 0.1 && exit 3 &"], start_new_session=True)

os.register_at_fork(after_in_child=lambda: threading.Thread(target=leave, daemon=True).start())
`,
    );
    await using server = await started({ venv, app: "leaving:app", gunicorn: ["--pythonpath", dir.path] });
    await untilForkServer(server);
    for (const workers of [5, 2, 5, 2, 5]) {
      await pin(server, workers);
      await untilBooted(server, workers);
    }
    server.process.signal("SIGTERM");
    assertEquals((await server.process.exited).code, 0);
    assertEquals(server.process.text("stderr").match(/exited with code|fork server \d+ is lost/g), null);
  });
}

for (
  const [kind, app] of [
    ["uvicorn_worker.UvicornWorker", "asgi:app"],
    ["asgi", "asgi:app"],
    ["gevent", "wsgi:app"],
    ["tornado", "wsgi:app"],
  ] as const
) {
  const ignore = !hasWorker("newest", kind);
  Deno.test(`${kind}: workers from the fork server serve several requests at once`, { ignore }, async () => {
    await using server = await started({ app, gunicorn: ["-k", kind] });
    await server.process.line(/fork server \d+ imported the application/);
    const before = server.workers();
    await pin(server, 3);
    await untilBooted(server, 3);
    for (const pid of before) trySignal(pid, "SIGKILL");
    await untilBooted(server, 3);
    await until(async () => await forks(server) >= 3, { what: "three forks" });
    const answers = await Promise.all(Array.from({ length: 12 }, () => server.get("/sleep/200")));
    assertEquals(answers.map(({ status }) => status), Array(12).fill(200));
    server.process.signal("SIGTERM");
    assertEquals((await server.process.exited).code, 0);
  });
}

Deno.test("gevent: an import that uses the loop is forked, and timers of workers end in time", {
  ignore: !hasWorker("newest", "gevent"),
}, async () => {
  await using dir = await tempDir();
  await dir.write(
    "looping.py",
    "import gevent, socket\nfrom wsgi import app\nsocket.socket().close()\ngevent.sleep(0)\n",
  );
  await dir.write(
    "conf.py",
    "def post_worker_init(worker):\n    import gevent\n    with gevent.Timeout(1):\n        gevent.sleep(0.1)\n",
  );
  const gunicorn = ["-k", "gevent", "--pythonpath", dir.path, "-c", dir.join("conf.py")];
  await using server = await started({ app: "looping:app", gunicorn });
  await untilBooted(server, 2);
  await untilForkServer(server);
  await delay(1_500); // the loop of the fork server stands meanwhile
  await pin(server, 4);
  await untilBooted(server, 4);
  assertEquals(await forks(server), 4);
  const answers = await Promise.all(Array.from({ length: 16 }, () => server.get("/sleep/200")));
  assertEquals(answers.map(({ status }) => status), Array(16).fill(200));
});

Deno.test("a TERM or QUIT that all processes get leaves the fork server to gunicorn's master", async () => {
  await using server = await started();
  await untilBooted(server, 2);
  const pid = await untilForkServer(server);
  for (const signal of ["SIGTERM", "SIGQUIT"] as const) Deno.kill(pid, signal);
  await pin(server, 4);
  await untilBooted(server, 4);
  assertEquals(forkServers(server.master), [pid]);
  assertEquals(server.process.text("stderr").match(/is lost/g), null);
});

Deno.test("a HUP has a new fork server, and all workers are new", async () => {
  await using server = await started();
  await untilBooted(server, 2);
  const [first, before] = [await untilForkServer(server), server.workers()];
  server.process.signal("SIGHUP");
  assertNotEquals(await untilForkServer(server, first), first);
  await until(() => !server.workers().some((pid) => before.includes(pid)), {
    timeoutMs: 60_000,
    what: "new workers",
  });
  await untilBooted(server, 2);
});

/** An on_reload that fetches the new code, and puts another hook in its place. */
const FETCHES = `
def on_reload(server):
    with open(__file__.replace('conf.py', 'fetched.py'), 'w') as file:
        file.write('# The new one is longer.\\nfrom wsgi import app\\nprint("version 2", flush=True)\\n')
    server.cfg.set('on_reload', lambda server: None)
`;

Deno.test("a HUP imports the code that on_reload has fetched", async () => {
  await using dir = await tempDir();
  await dir.write("conf.py", FETCHES);
  await dir.write("fetched.py", 'from wsgi import app\nprint("version 1", flush=True)\n');
  const gunicorn = ["--pythonpath", dir.path, "-c", dir.join("conf.py")];
  await using server = await started({ app: "fetched:app", gunicorn });
  await untilBooted(server, 2);
  const [first, before] = [await untilForkServer(server), server.workers()];
  server.process.signal("SIGHUP");
  assertNotEquals(await untilForkServer(server, first), first);
  await until(() => !server.workers().some((pid) => before.includes(pid)), { what: "new workers" });
  assertEquals(server.process.text("stdout").match(/version \d/g), ["version 1", "version 2"]);
});

/** What prometheus_client does in its multiprocess mode; forked, it reads the file of its new pid. */
const METRICS = `
import mmap, os
from wsgi import app
file = open(os.path.join(os.environ['PROMETHEUS_MULTIPROC_DIR'], 'counter_%d.db' % os.getpid()), 'a+b')
file.truncate(4096)
values = mmap.mmap(file.fileno(), 4096)
values[:7] = b'boots 1'
`;

Deno.test("workers have the metrics of the import in files of their own, and the fork server has none", async () => {
  await using dir = await tempDir();
  await dir.write("metrics.py", METRICS);
  await dir.write("files/of_others.db", "");
  const env = { PROMETHEUS_MULTIPROC_DIR: dir.join("files") };
  await using server = await started({ app: "metrics:app", gunicorn: ["--pythonpath", dir.path], env });
  await untilBooted(server, 2);
  await untilForkServer(server);
  await pin(server, 4);
  await untilBooted(server, 4);
  const own = server.workers().map((pid) => `counter_${pid}.db`);
  const names = [...Deno.readDirSync(dir.join("files"))].map(({ name }) => name);
  assertEquals(names.sort(), [...own, "of_others.db"].sort());
  assertEquals(Deno.readTextFileSync(dir.join(`files/${own[3]}`)), "boots 1".padEnd(4096, "\0"));
  assertEquals(server.log().match(/fork server: /), null, "there is nothing to warn of");
});

Deno.test("an application that starts a thread is not forked: the log names the thread, and gunicorn forks as ever", async () => {
  await using dir = await tempDir();
  await dir.write(
    "threaded.py",
    "import mmap, threading, time\nfrom wsgi import app\nshared = mmap.mmap(-1, 4096)\n" +
      "threading.Thread(target=time.sleep, args=(600,), name='refresher', daemon=True).start()\n",
  );
  await using server = await started({ app: "threaded:app", gunicorn: ["--pythonpath", dir.path] });
  await untilBooted(server, 2);
  await server.process.line(/no fork server: thread "refresher" of .* runs/);
  assertEquals(server.log().match(/shared memory/), null, "without one there is nothing to warn of");
  assertEquals(await forks(server), 0);
  assertEquals(forkServers(server.master), []);
});

/** What a client of a database does, and what forbids a fork server. */
const CLOSES = `
import os, threading, time
from wsgi import app as wsgi_app
class Connection:
    def __del__(self, write=os.write, pid=os.getpid):  # names of the module are gone by then
        write(2, b'%d closes\\n' % pid())
connection = Connection()
threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
def app(environ, start_response):
    return connection and wsgi_app(environ, start_response)
`;

Deno.test("where there is no fork server after all, a worker's end frees what it holds, as gunicorn's does", async () => {
  await using dir = await tempDir();
  await dir.write("closes.py", CLOSES);
  await using server = await started({ app: "closes:app", gunicorn: ["--pythonpath", dir.path] });
  await untilBooted(server, 2);
  await server.process.line(/no fork server: thread /);
  const workers = server.workers();
  server.process.signal("SIGTERM");
  await server.process.exited;
  const closed = server.process.text("stderr").match(/\d+(?= closes)/g);
  assertEquals(closed?.map(Number).sort(), workers.sort());
});

Deno.test("a fork server that is let go while it imports ends what the import began", async () => {
  await using dir = await tempDir();
  await dir.write(
    "begins.py",
    `import atexit, os, subprocess, time
from wsgi import app

if os.path.exists(os.environ["NEW_CODE"]):
    atexit.register(os.remove, os.environ["NEW_CODE"])
    print("begun", subprocess.Popen(["sleep", "300"]).pid, flush=True)
    time.sleep(300)
`,
  );
  const env = { NEW_CODE: dir.join("new code") };
  await using server = await started({ app: "begins:app", gunicorn: ["--pythonpath", dir.path], env });
  await untilBooted(server, 2);
  await untilForkServer(server);
  await Deno.writeTextFile(env.NEW_CODE, "");
  server.process.signal("SIGHUP");
  const begun = await until(() => Number(/begun (\d+)/.exec(server.process.text("stdout"))?.[1]), {
    what: "the program that the import begins",
  });
  server.process.signal("SIGTERM");
  assertEquals((await server.process.exited).code, 0);
  const isFileLeft = await Deno.stat(env.NEW_CODE).then(() => true, () => false);
  assertEquals([isAlive(begun), isFileLeft], [false, false]);
});

const REPLACES = `
def pre_fork(server, worker):
    server.cfg.settings["pre_fork"].value = lambda server, worker: None
`;

Deno.test("where a hook puts another pre_fork in the place of ours, gunicorn forks, each worker with its own heartbeat", async () => {
  await using dir = await tempDir();
  await dir.write("gunicorn.conf.py", REPLACES);
  await using server = await started({ gunicorn: ["-c", dir.join("gunicorn.conf.py")] });
  await server.process.line(/the fork server forks no worker: pre_fork was replaced while gunicorn runs/);
  await untilBooted(server, 2);
  const heartbeats = server.workers().flatMap((pid) =>
    [...Deno.readDirSync(`/proc/${pid}/fd`)].map(({ name }) => Deno.readLinkSync(`/proc/${pid}/fd/${name}`))
      .filter((path) => path.includes("wgunicorn"))
  );
  assertEquals([heartbeats.length, new Set(heartbeats).size], [2, 2], heartbeats.join());
});

Deno.test("a pre_fork that hands out devices in the environment is warned of: the import reads none", async () => {
  await using dir = await tempDir();
  await dir.write(
    "gunicorn.conf.py",
    "import os\ndef pre_fork(server, worker):\n    os.environ['DEVICE'] = str(worker.age)\n    worker.number = 1\n",
  );
  await using server = await started({ gunicorn: ["-c", dir.join("gunicorn.conf.py")] });
  await untilBooted(server, 2);
  await server.process.line(
    /pre_fork changes DEVICE after the import of the application, .* or use --fork-server off/,
  );
  assertEquals(server.log().split("pre_fork changes").length, 2, "it is said once");
});

Deno.test("auto: an application that imports at once goes without, and set has its word while it runs", async () => {
  await using server = await started({ app: "wsgi:app", own: ["--fork-server", "auto"] });
  await untilBooted(server, 2);
  await server.process.line(/no fork server: the application imports in 0\.\d+ s/);
  assertEquals((await command(server, "set", "fork-server=on")).code, 0);
  await server.process.line(/fork server \d+ imported the application/);
  await pin(server, 4);
  await untilBooted(server, 4);
  await until(async () => await forks(server) === 2, { what: "two forks" });
  assertEquals((await command(server, "set", "fork-server=off")).code, 0);
  await until(() => forkServers(server.master).length === 0, { what: "the end of the fork server" });
});

/** What the package of that name does to the name of the process. */
const SETPROCTITLE = `
import ctypes
title = 'python'
def getproctitle():
    return title
def setproctitle(text):
    global title
    title = text
    ctypes.CDLL(None).prctl(15, text.encode()[:15], 0, 0, 0)
`;

Deno.test("with setproctitle the fork server is no worker, and workers have the title that the import set", async () => {
  await using dir = await tempDir();
  await dir.write("setproctitle.py", SETPROCTITLE);
  await dir.write(
    "titled.py",
    "import setproctitle\nfrom wsgi import app\nsetproctitle.setproctitle('gunicorn: shop')\n",
  );
  await using server = await started({
    own: ["--min-workers", "1"],
    app: "titled:app",
    gunicorn: ["--pythonpath", dir.path],
    env: { PYTHONPATH: dir.path },
  });
  await untilForkServer(server);
  await pin(server, 4);
  await untilBooted(server, 4);
  const names = server.workers().map((pid) => Deno.readTextFileSync(`/proc/${pid}/comm`).trim());
  assertEquals(names, Array(4).fill("gunicorn: shop"));
  await pin(server, 1);
  let listed: number | undefined;
  const isAlone = async () => {
    listed = JSON.parse((await command(server, "status", "--json")).stdout).workers.list.length;
    return listed === 1;
  };
  await until(isAlone, { timeoutMs: 20_000, what: () => `one worker, ${listed} are listed` });
});

Deno.test("with --user a fork server, its spare and its workers have names of their own", async () => {
  await using server = await started({ gunicorn: ["--user", "65534", "--group", "65534"] });
  await untilBooted(server, 2);
  await untilForkServer(server);
  await pin(server, 5);
  await untilBooted(server, 5);
  assertEquals(forkServers(server.master).length, 1);
  assertEquals(await forks(server) >= 3, true);
});
