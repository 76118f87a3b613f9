import { assertEquals, assertStringIncludes } from "@std/assert";
import { readSettings } from "../../src/commands/settings_input.ts";
import { tempDir } from "../support/tempdir.ts";

const read = (envFile: string) => readSettings({ settings: new Map(), envFile }, 4);

Deno.test("the .env file that is named is read", async () => {
  await using dir = await tempDir();
  const file = await dir.write("ours.env", "GUNICORN_AUTOSCALER_MIN_WORKERS=3\n");
  const { settings, errors } = read(file);
  assertEquals([settings.minWorkers, errors], [3, []]);
});

Deno.test("a file that was named must be there, and be a file", async () => {
  await using dir = await tempDir();
  const [missing] = read(dir.join("missing.env")).errors;
  assertStringIncludes(missing!, "missing.env: there is no such file, correct --env-file or leave it out");
  const [folder] = read(dir.path).errors;
  assertStringIncludes(folder!, `Cannot read ${dir.path}: `);
});

Deno.test("unreadable values are reported beside other errors", () => {
  const { errors } = readSettings(
    { settings: new Map([["min-workers", "none"]]), envFile: "/nowhere/.env" },
    4,
  );
  assertEquals(errors.length, 2);
});
