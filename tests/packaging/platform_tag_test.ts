import { assertEquals } from "@std/assert";
import { run } from "../support/process.ts";

Deno.test("platform tags say what a binary needs (Python tests)", async () => {
  const { code, stderr } = await run("python3", [
    new URL("test_platform_tag.py", import.meta.url).pathname,
  ]);
  assertEquals(code, 0, stderr);
});
