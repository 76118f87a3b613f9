/** `exec -- PROGRAM`: programs that start gunicorn themselves, as a child or in their own process. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { program } from "../../support/autoscaled.ts";
import { get } from "../../support/http.ts";
import { freeTcpPort } from "../../support/port.ts";
import { type Process, run, start } from "../../support/process.ts";
import { children, isAlive } from "../../support/processes.ts";
import { tempDir } from "../../support/tempdir.ts";
import { venv, type VenvName } from "../../support/venv.ts";
import { until } from "../../support/wait.ts";

const VERSIONS = ["20.1", "23", "newest"] as const satisfies readonly VenvName[];

const APP = `import os
def app(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    seen = {name: os.environ.get(name) for name in ('GUNICORN_CMD_ARGS', 'SET_BY')}
    return [('%d %r' % (os.getppid(), seen)).encode()]
`;
/** As mlflow does it. */
const CHILD = `import subprocess, sys
sys.exit(subprocess.call([sys.executable, '-m', 'gunicorn', '-b', sys.argv[1], 'app:app']))
`;
/** As a manage.py command does it. */
const IN_PROCESS = `import sys
from gunicorn.app.wsgiapp import WSGIApplication
sys.argv = ['gunicorn', '-b', sys.argv[1], 'app:app']
WSGIApplication().run()
`;
/** As gunicorn's documentation of custom applications does it: no config, no GUNICORN_CMD_ARGS. */
const BASE = `import sys
from gunicorn.app.base import BaseApplication
from app import app
class Standalone(BaseApplication):
    def load_config(self):
        self.cfg.set('bind', sys.argv[1])
        self.cfg.set('workers', 2)
    def load(self):
        return app
Standalone().run()
`;

/** As docs/platforms.md has it. */
const READING = BASE.replaceAll("BaseApplication", "Application").replace(
  "    def load_config(self):\n",
  `    def load_config(self):
        given = self.cfg.parser().parse_args(self.cfg.get_cmd_args_from_env())
        if given.config:
            self.load_config_from_file(given.config)
`,
);

interface Started extends AsyncDisposable {
  readonly process: Process;
  readonly base: string;
  body(): Promise<string>;
  master(): Promise<number>;
}

async function executed(version: VenvName, code: string, env: Record<string, string> = {}): Promise<Started> {
  const folder = await tempDir();
  await folder.write("app.py", APP);
  await folder.write("program.py", code);
  await folder.write("user.conf.py", "raw_env = ['SET_BY=user.conf.py']\n");
  const base = await tempDir();
  const port = freeTcpPort();
  const bind = `127.0.0.1:${port}`;
  const path = await venv(version);
  const [command, ...args] = [...program(), "exec", "--runtime-dir", base.path, "--max-workers", "8"];
  const process = start(command!, [...args, "--", "python", "program.py", bind], {
    cwd: folder.path,
    env: { PATH: `${path}/bin:${Deno.env.get("PATH")}`, PYTHONDONTWRITEBYTECODE: "1", ...env },
  });
  const body = async () => (await get({ port }, "/")).body;
  await until(() => process.hasEnded || body().then(() => true, () => false), {
    timeoutMs: 60_000,
    what: () => `an answer\n${process.text()}`,
  });
  return {
    process,
    base: base.path,
    body,
    master: async () => Number((await body()).split(" ")[0]),
    [Symbol.asyncDispose]: async () => {
      await process[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
      await base[Symbol.asyncDispose]();
    },
  };
}

const PROGRAMS = [["as a child", CHILD], ["in its own process", IN_PROCESS], [
  "in an application of its own that reads the variable",
  READING,
]] as const;
for (const version of VERSIONS) {
  for (const [how, code] of PROGRAMS) {
    Deno.test(`a program that starts gunicorn ${version} ${how} is scaled, also after a HUP`, async () => {
      await using it = await executed(version, code, { GUNICORN_CMD_ARGS: "-c user.conf.py" });
      const master = await it.master();
      const seen = "{'GUNICORN_CMD_ARGS': '-c user.conf.py', 'SET_BY': 'user.conf.py'}";
      assertStringIncludes(await it.body(), seen);
      await until(() => children(master).length === 2, { what: () => `2 workers\n${it.process.text()}` });
      it.process.signal("SIGTTIN");
      await until(() => children(master).length === 3, { what: () => `3 workers\n${it.process.text()}` });
      const before = children(master);
      it.process.signal("SIGHUP");
      const isNew = () =>
        children(master).length === 3 && !children(master).some((pid) => before.includes(pid));
      await until(isNew, { timeoutMs: 20_000, what: () => `3 new workers\n${it.process.text()}` });
      assertStringIncludes(await it.body(), seen);
      it.process.signal("SIGTTIN");
      await until(() => children(master).length === 4, { what: () => `4 workers\n${it.process.text()}` });
      assert(!/could not attach/.test(it.process.text()), it.process.text());
      assertEquals((await it.process.stop("SIGTERM", 20_000)).code, 0, it.process.text());
      assert(!isAlive(master));
    });
  }

  Deno.test(`a program whose gunicorn ${version} reads no config: a line, and single signals`, async () => {
    await using it = await executed(version, BASE);
    const master = await it.master();
    await it.process.line(/WARN.*could not attach.*subclass of BaseApplication.*have its load_config read/);
    const { length } = children(master);
    it.process.signal("SIGTTIN");
    it.process.signal("SIGTTIN");
    await until(() => children(master).length > length, { what: () => `a worker\n${it.process.text()}` });
    await it.process.stop("SIGTERM", 20_000);
    assert(!isAlive(master));
  });
}

Deno.test("without GUNICORN_CMD_ARGS of the user's the application sees none", async () => {
  await using it = await executed("newest", CHILD);
  assertStringIncludes(await it.body(), "{'GUNICORN_CMD_ARGS': None, 'SET_BY': None}");
});

Deno.test("exec without a program, or with one that there is not, says so", async () => {
  const [command, ...args] = program();
  const without = await run(command!, [...args, "exec", "--max-workers", "4"]);
  assertEquals(without.code, 2);
  assertStringIncludes(without.stderr, "Cannot exec: no program is named");
  const missing = await run(command!, [...args, "exec", "--", "no-such-program-here"]);
  assertEquals(missing.code, 127);
  assertStringIncludes(
    missing.stderr,
    "Cannot exec no-such-program-here: it is not on PATH, correct its name",
  );
});

Deno.test("a program that ends without a gunicorn is not called one", async () => {
  await using base = await tempDir();
  const [command, ...args] = program();
  const ended = async (script: string) => {
    const words = ["exec", "--runtime-dir", base.path, "--", "sh", "-c", script];
    return (await run(command!, [...args, ...words])).stderr.split("autoscaler: ").at(-1)!.trim();
  };
  assertEquals(await ended("exit 3"), "the program ended with exit code 3");
  assertEquals(await ended("kill -TERM $$"), "the program was killed by SIGTERM");
  assertEquals(await ended("exit 0"), "the program ended by itself");
});
