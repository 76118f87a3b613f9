import { assert, assertEquals } from "@std/assert";
import { inspectGunicorn, interpreterOf, isFailure } from "../../src/gunicorn/inspect.ts";
import { isAlive } from "../support/processes.ts";
import { tempDir } from "../support/tempdir.ts";
import { venv } from "../support/venv.ts";

/** What `check` learns of an application with this text, under a config with that. */
async function inspected(app: string, config = "", longestMs = 30_000) {
  await using dir = await tempDir();
  await dir.write("shop.py", `def app(environ, start_response): pass\n${app}`);
  const conf = await dir.write("shop_conf.py", config);
  const words = [`${await venv("newest")}/bin/gunicorn`];
  return await inspectGunicorn(words, ["--chdir", dir.path, "-c", conf, "shop:app"], true, longestMs);
}

/** The interpreter of a script that begins with these lines. */
async function interpreterOfScript(text: string): Promise<string[] | undefined> {
  await using dir = await tempDir();
  return interpreterOf([await dir.write("gunicorn", text)]);
}

Deno.test("python -m gunicorn names its interpreter", () => {
  assertEquals(interpreterOf(["python3", "-X", "dev", "-m", "gunicorn"]), ["python3", "-X", "dev"]);
});

Deno.test("a script names its interpreter in the first line", async () => {
  assertEquals(await interpreterOfScript("#!/venv/bin/python3.11\n"), ["/venv/bin/python3.11"]);
  assertEquals(await interpreterOfScript("#!/usr/bin/env python3\n"), ["/usr/bin/env", "python3"]);
});

Deno.test("an interpreter that a script is given to, or one with options, is named too", async () => {
  await using dir = await tempDir();
  const script = await dir.write("gunicorn", "#!/bin/false\n");
  for (
    const words of [["/venv/bin/python"], ["python3.13t", "-u", "-W", "error", "-X", "dev"], ["pypy3", "-I"]]
  ) {
    assertEquals(interpreterOf([...words, script]), words);
  }
  assertEquals(interpreterOf(["/venv/bin/python3", `${script}s`]), undefined);
  assertEquals(await interpreterOfScript("#!/usr/bin/python3 -sP\n"), ["/usr/bin/python3", "-sP"]);
});

Deno.test("the interpreter of a zipped application does not find its gunicorn", async () => {
  await using dir = await tempDir();
  const zipped = await dir.write("app.pyz", "#!/usr/bin/env python3\nPK\x03\x04");
  assertEquals([interpreterOf([zipped]), interpreterOf(["python3", zipped])], [undefined, undefined]);
});

Deno.test("a long path, which pip writes for a shell, is found in the second line", async () => {
  const text = `#!/bin/sh\n'''exec' "/a path/bin/python" "$0" "$@"\n' '''\n`;
  assertEquals(await interpreterOfScript(text), ["/a path/bin/python"]);
});

Deno.test("a gunicorn that is no script names none", async () => {
  assertEquals(await interpreterOfScript("\x7fELF"), undefined);
  assertEquals(interpreterOf(["/nonexistent/gunicorn"]), undefined);
});

Deno.test("without an interpreter the configuration cannot be read", async () => {
  assertEquals(await inspectGunicorn(["/nonexistent/gunicorn"], []), {
    problem: "the Python that runs /nonexistent/gunicorn cannot be found",
  });
});

Deno.test("what an application prints, and threads that never end, keep nothing from being read", async () => {
  const result = await inspected(
    "import atexit, sys, threading\nprint('{', end='', flush=True)\natexit.register(print, 'bye')\n" +
      "sys.stdout = None\n" +
      "threading.Thread(target=threading.Event().wait).start()\n",
  );
  assertEquals(isFailure(result) ? result.problem : result.app?.problem, null);
});

Deno.test("what an application starts, and leaves, is not waited for", async () => {
  await using dir = await tempDir();
  const note = `${dir.path}/pid`;
  const result = await inspected(
    `import subprocess\nwith open('${note}', 'w') as f: f.write(str(subprocess.Popen(['sleep', '50']).pid))\n`,
  );
  const pid = Number(await Deno.readTextFile(note));
  assert(isAlive(pid));
  Deno.kill(pid);
  assertEquals(isFailure(result) ? result.problem : result.app?.problem, null);
});

Deno.test("an application that never loads is given up", async () => {
  assertEquals(await inspected("import time\ntime.sleep(100)\n", "", 1_000), {
    problem: "the application is not loaded after 1 s",
  });
  assertEquals(await inspected("import os\nos._exit(3)\n"), {
    problem: "its process ended with exit code 3",
  });
});

Deno.test("an error in a configuration says where it is", async () => {
  const problem = async (config: string) => {
    const result = await inspected("", config);
    return isFailure(result) ? result.problem.replace(/\/.*\//, "") : "none";
  };
  assertEquals(
    await problem("workers = 'x'\n"),
    "Invalid value for workers: x: Error: invalid literal for int() with base 0: 'x'",
  );
  assertEquals(
    await problem("# one\nbind = nowhere\n"),
    "shop_conf.py, line 2: NameError: name 'nowhere' is not defined",
  );
  assertEquals(await problem("bind =\n"), "shop_conf.py, line 1: SyntaxError: invalid syntax");
});
