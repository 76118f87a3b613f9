import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { readSettings } from "../../src/commands/settings_input.ts";
import "../../src/platform/libc.ts"; // what a test opens on the way is said to leak
import { tempDir } from "../support/tempdir.ts";

const read = (envFile: string | undefined, longestMs?: number) =>
  readSettings({ settings: new Map(), envFile }, { cores: 4 }, new Map(), longestMs);

Deno.test("the .env file that is named is read", async () => {
  await using dir = await tempDir();
  const file = await dir.write("ours.env", "GUNICORN_AUTOSCALER_MIN_WORKERS=3\n");
  const { settings, errors } = await read(file);
  assertEquals([settings.minWorkers, errors], [3, []]);
});

Deno.test("a file that was named must be there, and be a file", async () => {
  await using dir = await tempDir();
  const [missing] = (await read(dir.join("missing.env"))).errors;
  assertStringIncludes(missing!, "missing.env: there is no such file, correct --env-file or leave it out");
  Deno.env.set("GUNICORN_AUTOSCALER_ENV_FILE", dir.join("missing.env"));
  try {
    const [byVariable] = (await read(undefined)).errors;
    assertStringIncludes(byVariable!, "no such file, correct GUNICORN_AUTOSCALER_ENV_FILE or leave it out");
  } finally {
    Deno.env.delete("GUNICORN_AUTOSCALER_ENV_FILE");
  }
  assertEquals((await read("")).errors, ["Cannot use --env-file=: it is empty, name a file or leave it out"]);
  const [folder] = (await read(dir.path)).errors;
  assertStringIncludes(folder!, `Cannot read ${dir.path}: `);
});

Deno.test("unreadable values are reported beside other errors", async () => {
  const { errors } = await readSettings(
    { settings: new Map([["min-workers", "none"]]), envFile: "/nowhere/.env" },
    { cores: 4 },
  );
  assertEquals(errors.length, 2);
});

Deno.test("a .env that is no text file is one warning where it lies, and refused where it is named", async (t) => {
  const before = Deno.cwd();
  const kinds: [name: string, make: (path: string) => void, why: RegExp][] = [
    ["a folder", (path) => Deno.mkdirSync(path), /it is a folder/],
    ["binary", (path) => Deno.writeFileSync(path, new Uint8Array([0x7f, 0x45, 0xff, 0xfe])), /it is no text/],
    [
      "larger than an environment",
      (path) => Deno.writeTextFileSync(path, "#".repeat(2 ** 20 + 1)),
      /more than 1 MiB/,
    ],
    ["with a NUL", (path) => Deno.writeTextFileSync(path, "A=\0\n"), /it is no text/],
  ];
  for (const [name, make, why] of kinds) {
    await t.step(name, async () => {
      await using dir = await tempDir();
      make(dir.join(".env"));
      Deno.chdir(dir.path);
      try {
        const unnamed = await read(undefined);
        assertEquals([unnamed.errors, unnamed.warnings.length, unnamed.settings.minWorkers], [[], 1, 2]);
        assertMatch(unnamed.warnings[0]!, why);
        assertMatch((await read(dir.join(".env"))).errors[0]!, why);
      } finally {
        Deno.chdir(before);
      }
    });
  }
});

Deno.test("a .env that is a pipe is left to the application, and read where it is named", async () => {
  const before = Deno.cwd();
  await using dir = await tempDir();
  new Deno.Command("mkfifo", { args: [dir.join(".env")] }).outputSync();
  Deno.chdir(dir.path);
  try {
    const { errors, warnings } = await read(undefined);
    assertEquals([errors, warnings.length], [[], 1]);
    assertMatch(warnings[0]!, /^\.env is left out: it is a pipe, name it with --env-file/);
  } finally {
    Deno.chdir(before);
  }
  const writer = new Deno.Command("/bin/sh", {
    args: ["-c", 'echo GUNICORN_AUTOSCALER_MIN_WORKERS=3 > "$0"', dir.join(".env")],
  }).spawn();
  assertEquals((await read(dir.join(".env"))).settings.minWorkers, 3);
  await writer.status;
});

Deno.test("a named .env file that never ends is refused", async () => {
  assertEquals((await read("/dev/zero")).errors, [
    "Cannot read /dev/zero: it has more than 1 MiB, correct --env-file or leave it out",
  ]);
  assertEquals((await read("/dev/null")).errors, []);
  await using dir = await tempDir();
  const pipe = dir.join("pipe");
  new Deno.Command("mkfifo", { args: [pipe] }).outputSync();
  const { errors } = await read(pipe, 10);
  assertEquals(errors, [
    `Cannot read ${pipe}: its end has not come within 0.01 s, correct --env-file or leave it out`,
  ]);
});
