import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { CommandError, findGunicorn, findWords } from "../../src/gunicorn/find.ts";
import { type TempDir, tempDir } from "../support/tempdir.ts";

/** A folder with a program in it. */
async function folderWith(name: string, mode = 0o755): Promise<TempDir> {
  const dir = await tempDir();
  await Deno.chmod(await dir.write(name, "#!/bin/sh\n"), mode);
  return dir;
}

function refusal(command: string, path?: string, own = "/nowhere"): string {
  const error = assertThrows(() => findGunicorn(command, path, own), CommandError);
  return error.message;
}

Deno.test("gunicorn is looked up on PATH in its order, then beside our own program", async () => {
  await using first = await folderWith("gunicorn");
  await using second = await folderWith("gunicorn");
  assertEquals(findGunicorn("gunicorn", `/nowhere::${first.path}:${second.path}`, "/own"), [
    first.join("gunicorn"),
  ]);
  assertEquals(findGunicorn("gunicorn", "/nowhere", second.path), [second.join("gunicorn")]);
  assertEquals(findGunicorn("gunicorn", undefined, second.path), [second.join("gunicorn")]);
});

Deno.test("a command of several words keeps those after the program", async () => {
  await using dir = await folderWith("python");
  assertEquals(findGunicorn("python -m 'gunicorn'", dir.path, "/own"), [
    dir.join("python"),
    "-m",
    "gunicorn",
  ]);
});

Deno.test("a path is taken as it is", async () => {
  await using dir = await folderWith("gunicorn");
  assertEquals(findGunicorn(dir.join("gunicorn"), undefined, "/own"), [dir.join("gunicorn")]);
});

Deno.test("what cannot be started is refused with what to do, and the shell's exit code", async () => {
  await using dir = await folderWith("gunicorn", 0o644);
  await Deno.mkdir(dir.join("folder"));
  assertStringIncludes(refusal("gunicorn", dir.path), "gunicorn is not on PATH, install it");
  assertStringIncludes(refusal(dir.join("gunicorn")), "is not an executable file, correct its name");
  assertStringIncludes(refusal(dir.join("folder")), "folder is a folder, name a program in it");
  assertStringIncludes(refusal("."), "Cannot start gunicorn: . is a folder, name a program in it");
  assertStringIncludes(
    refusal("/nowhere/gunicorn"),
    "/nowhere/gunicorn does not exist, or this user may not see it: correct",
  );
  assertStringIncludes(refusal(""), "Cannot use --gunicorn=: it is empty, name a command");
  assertStringIncludes(refusal("''"), "it is empty, name a command");
  assertStringIncludes(
    refusal("python -m 'gunicorn"),
    "Cannot use --gunicorn=python -m 'gunicorn: a ' is not closed",
  );
  const exitCode = (command: string) =>
    assertThrows(() => findGunicorn(command, "", ""), CommandError).exitCode;
  assertEquals(
    ["nowhere", "/nowhere/gunicorn", dir.join("gunicorn"), dir.path, "..", "python 'x", " "].map(exitCode),
    [127, 127, 126, 126, 126, 2, 2],
  );
  const program = (path: string) => {
    const { message, exitCode } = assertThrows(() => findWords([path], ""), CommandError);
    return [message.replace(path, "it"), exitCode];
  };
  assertEquals(program(dir.join("gunicorn")), [
    "Cannot exec it: it is not an executable file, correct its name or chmod +x it",
    126,
  ]);
  assertEquals(program("/nowhere/it")[1], 127);
  assertEquals(program("src")[0], "Cannot exec it: it is a folder, name a program in it");
});

Deno.test("what only starts us again is passed over, and refused where there is no other", async (t) => {
  const kinds: [name: string, make: (path: string) => void][] = [
    ["a link to us", (path) => Deno.symlinkSync(Deno.execPath(), path)],
    ["a shell script", (path) => script(path, '#!/usr/bin/env bash\nexec /opt/gunicorn-autoscaler "$@"\n')],
  ];
  for (const [name, make] of kinds) {
    await t.step(name, async () => {
      await using wrapper = await tempDir();
      await using real = await folderWith("gunicorn");
      make(wrapper.join("gunicorn"));
      assertEquals(findGunicorn("gunicorn", `${wrapper.path}:${real.path}`, "/own"), [real.join("gunicorn")]);
      assertStringIncludes(
        refusal("gunicorn", wrapper.path),
        "starts gunicorn-autoscaler again, name gunicorn",
      );
    });
  }
});

Deno.test("a gunicorn in a folder of our name, or with a comment about us, is gunicorn", async (t) => {
  const texts = [
    "#!/srv/gunicorn-autoscaler/.venv/bin/python3\nimport gunicorn\n",
    `#!/bin/sh\n'''exec' "/srv/gunicorn-autoscaler/.venv/bin/python" "$0" "$@"\n`,
    '#!/bin/sh\n# in the place of gunicorn-autoscaler\nexec python -m gunicorn "$@"\n',
  ];
  for (const text of texts) {
    await t.step(text.split("\n").at(-2)!, async () => {
      await using dir = await tempDir();
      script(dir.join("gunicorn"), text);
      assertEquals(findGunicorn("gunicorn", dir.path, "/own"), [dir.join("gunicorn")]);
    });
  }
});

function script(path: string, text: string): void {
  Deno.writeTextFileSync(path, text, { mode: 0o755 });
}
