import { assert, assertEquals } from "@std/assert";
import { holdFolder, isHeld } from "../../src/platform/folder_lock.ts";
import { bringBack } from "../../src/platform/removed_file.ts";
import { makeAgain, makeRuntimeDir } from "../../src/platform/runtime_dir.ts";
import { tempDir } from "../support/tempdir.ts";

Deno.test("a folder is held until the last of its holders lets go", async () => {
  await using base = await tempDir();
  {
    using lock = holdFolder(base.path)!;
    {
      using _second = holdFolder(base.path);
    }
    assert(lock.isInPlace() && isHeld(base.path));
  }
  assertEquals(isHeld(base.path), false);
});

Deno.test("a folder removed and made again is not the one that was locked", async () => {
  await using base = await tempDir();
  const dir = makeRuntimeDir([base.path]);
  using lock = holdFolder(dir)!;
  Deno.removeSync(dir);
  assertEquals(lock.isInPlace(), false);
  makeAgain(dir);
  assertEquals([lock.isInPlace(), isHeld(dir)], [false, false]);
});

Deno.test("a removed file that is still open is found under its name again, by all who have it", async () => {
  await using base = await tempDir();
  const path = base.join("shared");
  Deno.writeTextFileSync(path, "old");
  using file = Deno.openSync(path, { read: true, write: true });
  Deno.removeSync(path);
  bringBack([path, base.join("never")]);
  Deno.writeTextFileSync(path, "new", { create: false });
  assertEquals(Deno.readTextFileSync(path), "new");
  const read = new Uint8Array(3);
  file.readSync(read);
  assertEquals(new TextDecoder().decode(read), "new");
});
