/** `gunicorn --print-config` with and without our config: every setting of the user's comes out the same. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { installProbe, readProbe } from "../../../src/gunicorn/probe_install.ts";
import { ArbiterFile } from "../../../src/sensors/probe/arbiter_file.ts";
import { type Ended, run } from "../../support/process.ts";
import { type TempDir, tempDir } from "../../support/tempdir.ts";
import { bin, venv, type VenvName } from "../../support/venv.ts";

interface Case {
  readonly name: string;
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
  /** A line that must be in the output: the case is the case it says it is. */
  readonly expects?: RegExp;
  /** Where our pair stands: before this argument rather than at the end. */
  readonly before?: string;
}

const cases: readonly Case[] = [
  { name: "no config at all but the default file", args: ["app:app"], expects: /^threads += 3$/m },
  { name: "-c FILE", args: ["-c", "conf.py", "app:app"], expects: /^config += conf\.py$/m },
  { name: "-cFILE", args: ["-cconf.py", "app:app"], expects: /^threads += 5$/m },
  { name: "--config=FILE", args: ["--config=conf.py", "app:app"], expects: /^threads += 5$/m },
  { name: "an abbreviation", args: ["--conf", "conf.py", "app:app"], expects: /^threads += 5$/m },
  {
    name: "-c given twice",
    args: ["-c", "missing.py", "-c", "conf.py", "app:app"],
    expects: /^threads += 5$/m,
  },
  { name: "file:", args: ["-c", "file:conf.py", "app:app"], expects: /^config += file:conf\.py$/m },
  { name: "python:", args: ["-c", "python:conf_module", "app:app"], expects: /^threads += 6$/m },
  { name: "a file without an extension", args: ["-c", "conf_plain", "app:app"], expects: /^threads += 7$/m },
  {
    name: "GUNICORN_CMD_ARGS names the file",
    args: ["app:app"],
    env: { GUNICORN_CMD_ARGS: "-c conf.py --timeout 77" },
    expects: /^config += conf\.py$/m,
  },
  {
    name: "environment and command line together",
    args: ["-c", "conf.py", "--threads", "9", "app:app"],
    env: { GUNICORN_CMD_ARGS: "--threads 8 --timeout 77" },
    expects: /^threads += 9$/m,
  },
  { name: "--chdir", args: ["--chdir", "sub", "app:app"], expects: /^chdir += .*\/sub$/m },
  {
    name: "WEB_CONCURRENCY",
    args: ["-c", "conf_module.py", "app:app"],
    env: { WEB_CONCURRENCY: "6" },
    expects: /^workers += 6$/m,
  },
  {
    name: "-w over the file's workers",
    args: ["-w", "4", "-c", "conf.py", "app:app"],
    expects: /^workers += 4$/m,
  },
  { name: "workers of the file", args: ["-c", "conf.py", "app:app"], expects: /^workers += 3$/m },
  {
    name: "the user's hooks of every kind",
    args: ["-c", "hooks.py", "app:app"],
    expects: /^post_fork += <post_fork\(\)>$/m,
  },
  { name: "the application in the file", args: ["-c", "with_app.py"], expects: /^wsgi_app += app:app$/m },
  { name: "-- before the application", args: ["-c", "conf.py", "--", "app:app"], before: "--" },
  { name: "a missing file", args: ["-c", "missing.py", "app:app"] },
  { name: "a missing module", args: ["-c", "python:missing_module", "app:app"] },
  { name: "a file with a syntax error", args: ["-c", "broken.py", "app:app"] },
  { name: "a file that raises", args: ["-c", "raises.py", "app:app"] },
  { name: "a file that exits", args: ["-c", "exits.py", "app:app"] },
  { name: "a value gunicorn refuses", args: ["-c", "invalid.py", "app:app"] },
  { name: "a hook of the wrong arity", args: ["-c", "bad_hook.py", "app:app"] },
  { name: "a missing application", args: ["-c", "conf.py", "nowhere:app"] },
  { name: "no application", args: ["-c", "conf.py"] },
];

const files: Record<string, string> = {
  "app.py": "def app(environ, start_response):\n    pass\n",
  "gunicorn.conf.py": "threads = 3\n",
  "conf.py":
    "import os\nassert __file__.endswith('conf.py')\nthreads = 5\nworkers = 3\nunknown_setting = 1\n" +
    "bind = ['127.0.0.1:0']\ndef on_exit(server):\n    pass\n",
  "conf_module.py": "threads = 6\n",
  "conf_plain": "threads = 7\n",
  "hooks.py": "def post_fork(server, worker): pass\ndef post_request(worker, req): pass\n" +
    "def nworkers_changed(server, new, old): pass\nchild_exit = lambda server, worker: None\nwhen_ready = 'os.path.abspath'\n",
  "with_app.py": "wsgi_app = 'app:app'\n",
  "broken.py": "threads = = 1\n",
  "raises.py": "raise KeyError('the config raises')\n",
  "exits.py": "import sys\nsys.exit(9)\n",
  "invalid.py": "threads = 'many'\n",
  "bad_hook.py": "def post_fork(server): pass\n",
  "sub/gunicorn.conf.py": "threads = 11\n",
  "sub/app.py": "def app(environ, start_response):\n    pass\n",
};

for (const version of ["20.1", "23", "newest"] satisfies VenvName[]) {
  Deno.test(`--print-config says the same with and without the probe: gunicorn ${version}`, async (t) => {
    await using dir = await tempDir();
    for (const [name, text] of Object.entries(files)) await dir.write(name, text);
    const gunicorn = bin(await venv(version), "gunicorn");
    const wrapper = install(dir);
    for (const one of cases) {
      await t.step(one.name, async () => {
        const options = { cwd: dir.path, env: { PYTHONDONTWRITEBYTECODE: "1", ...one.env } };
        const [bare, probed] = await Promise.all([
          run(gunicorn, ["--print-config", ...one.args], options),
          run(gunicorn, ["--print-config", ...withPair(one, wrapper)], options),
        ]);
        assertEquals(comparable(probed), comparable(bare));
        if (one.expects) {
          assertEquals(bare.code, 0);
          if (!one.expects.test(bare.stdout)) throw new Error(`${one.expects} is not in\n${bare.stdout}`);
        }
      });
    }
    await t.step("--check-config ends the same too", async () => {
      for (const args of [["-c", "conf.py", "app:app"], ["-c", "invalid.py", "app:app"]]) {
        const bare = await run(gunicorn, ["--check-config", ...args], { cwd: dir.path });
        const probed = await run(gunicorn, ["--check-config", ...args, "-c", wrapper], { cwd: dir.path });
        assertEquals(comparable(probed), comparable(bare));
      }
    });
    await t.step("python -m gunicorn", async () => {
      const python = bin(await venv(version), "python");
      const args = ["-m", "gunicorn", "--print-config", "-c", "conf.py", "app:app"];
      const bare = await run(python, args, { cwd: dir.path });
      const probed = await run(python, [...args, "-c", wrapper], { cwd: dir.path });
      assertEquals(comparable(probed), comparable(bare));
      assertStringIncludes(bare.stdout, "conf.py");
    });
  });
}

Deno.test("without its package our config still loads the user's, with one line about it", async () => {
  await using dir = await tempDir();
  for (const [name, text] of Object.entries(files)) await dir.write(name, text);
  const gunicorn = bin(await venv("newest"), "gunicorn");
  const wrapper = install(dir);
  await Deno.remove(dir.join("runtime/gunicorn_autoscaler_probe"), { recursive: true });
  const args = ["--print-config", "-c", "conf.py", "app:app"];
  const bare = await run(gunicorn, args, { cwd: dir.path });
  const probed = await run(gunicorn, [...args, "-c", wrapper], { cwd: dir.path });
  assertEquals([probed.code, probed.stdout], [bare.code, bare.stdout]);
  assertEquals(probed.stderr.split("\n").length, 1);
  assertStringIncludes(probed.stderr, "gunicorn-autoscaler: Cannot attach the probe");
});

/** A runtime folder as the supervisor makes it; returns the path of our config. */
function install(dir: TempDir): string {
  const folder = dir.join("runtime");
  Deno.mkdirSync(folder, { mode: 0o700 });
  new ArbiterFile(`${folder}/arbiter`, Deno.pid).close();
  return installProbe(folder, readProbe());
}

function withPair({ args, before }: Case, wrapper: string): string[] {
  const at = before === undefined ? args.length : args.indexOf(before);
  return [...args.slice(0, at), "-c", wrapper, ...args.slice(at)];
}

/** Exit code and output; frames of our own file, addresses of objects and carets left out of tracebacks. */
function comparable({ code, stdout, stderr }: Ended): { code: number; stdout: string; stderr: string } {
  const same = (text: string) => text.replaceAll(/0x[0-9a-f]+/g, "0x");
  return { code, stdout: same(stdout), stderr: same(stderr) };
}
