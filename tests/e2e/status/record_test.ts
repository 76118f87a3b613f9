import { assertEquals, assertStringIncludes } from "@std/assert";
import { autoscaled, program } from "../../support/autoscaled.ts";
import { run } from "../../support/process.ts";
import { tempDir } from "../../support/tempdir.ts";

Deno.test("a run is recorded, reported on, and replayed under other settings", async () => {
  await using dir = await tempDir();
  const recording = dir.join("night.jsonl");
  {
    await using server = await autoscaled({ own: ["--record", recording, "--max-workers", "6"] });
    await Promise.all(Array.from({ length: 30 }, () => server.get("/sleep/100")));
    assertEquals((await server.process.stop("SIGTERM")).code, 0);
  }
  const [command, ...rest] = program();
  const page = dir.join("night.html");
  const report = await run(command!, [...rest, "report", recording, "--html", page]);
  assertEquals(report.code, 0, report.stderr);
  assertStringIncludes(await Deno.readTextFile(page), "<html");
  const replay = await run(command!, [...rest, "simulate", "--from", recording, "--min-workers", "4"]);
  assertEquals(replay.code, 0, replay.stderr);
  assertStringIncludes(replay.stdout, "worker");
});

Deno.test("a recording that cannot be opened is an error before gunicorn starts", async () => {
  await using server = await autoscaled({
    own: ["--record", "/proc/nonexistent/x.jsonl"],
    untilReady: false,
  });
  assertEquals((await server.process.exited).code, 1);
  assertStringIncludes(server.process.text("stderr"), "Cannot record to /proc/nonexistent/x.jsonl");
});
