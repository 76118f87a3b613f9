import { assertEquals, assertNotMatch } from "@std/assert";
import { fileProblem } from "../../../src/platform/files/file_problem.ts";
import { tempDir } from "../../support/tempdir.ts";

function problemOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return fileProblem(error);
  }
  throw new Error("it was expected to fail");
}

Deno.test("a file error is described in words, without error numbers and names of calls", async () => {
  await using dir = await tempDir();
  const file = await dir.write("file", "text");
  const cases: [what: string, act: () => unknown][] = [
    ["there is no such file", () => Deno.readTextFileSync(`${dir.path}/missing`)],
    ["it is a folder", () => Deno.readTextFileSync(dir.path)],
    ["a part of the path is no folder", () => Deno.readTextFileSync(`${file}/below`)],
  ];
  for (const [what, act] of cases) assertEquals(problemOf(act), what);
  assertEquals(fileProblem(new Deno.errors.NotFound("no"), "folder"), "there is no such folder");
  assertEquals(
    fileProblem(new Error("No space left on device (os error 28): write '/x'")),
    "No space left on device",
  );
  assertEquals(
    fileProblem(new Deno.errors.PermissionDenied("Permission denied (os error 13)")),
    "permission denied to this user",
  );
  using full = Deno.openSync("/dev/full", { write: true });
  assertNotMatch(problemOf(() => full.writeSync(new Uint8Array(1))), /os error/);
});
