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
