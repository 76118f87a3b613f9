import { assertEquals } from "@std/assert";
import { inspectGunicorn, interpreterOf } from "../../src/gunicorn/inspect.ts";
import { tempDir } from "../support/tempdir.ts";

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
