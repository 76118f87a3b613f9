import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { Recorder } from "../../src/commands/recorder.ts";
import { recordingProblem } from "../../src/commands/obstacles.ts";
import { run } from "../support/process.ts";
import type { Settings } from "../../src/settings/settings.ts";
import type { TickRecord } from "../../src/supervisor/supervisor.ts";
import { sample } from "../core/samples.ts";
import { collectedLog } from "../support/collected_log.ts";
import { tempDir } from "../support/tempdir.ts";

const tick = { sample: sample(100), decision: {} } as TickRecord;
const settings = (record: string) => ({ record }) as Settings;

Deno.test("a run without a fault leaves its ticks and no line in the log", async () => {
  await using dir = await tempDir();
  const { log, lines } = collectedLog();
  const recorder = Recorder.open(settings(dir.join("run.jsonl")), 0, log);
  recorder.note(tick);
  recorder[Symbol.dispose]();
  assertEquals(Deno.readTextFileSync(dir.join("run.jsonl")).trim().split("\n").length, 2);
  assertEquals(lines, []);
});

Deno.test("a recording into a folder that is not there is refused with what to do", async () => {
  await using dir = await tempDir();
  assertThrows(
    () => Recorder.open(settings(dir.join("nowhere/run.jsonl")), 0, collectedLog().log),
    Error,
    "name a file that can be written",
  );
});

Deno.test("a recording into a pipe is refused: it would wait for a reader", async () => {
  await using dir = await tempDir();
  const pipe = dir.join("pipe");
  await run("mkfifo", [pipe]);
  const problem = `Cannot record to ${pipe}: it is a pipe, name a file that can be written`;
  assertThrows(() => Recorder.open(settings(pipe), 0, collectedLog().log), Error, problem);
  assertEquals(recordingProblem(pipe), problem);
});

Deno.test("a recording on standard output is refused: gunicorn writes there", () => {
  const problem = "Cannot record to -: standard output is gunicorn's, name a file that can be written";
  assertThrows(() => Recorder.open(settings("-"), 0, collectedLog().log), Error, problem);
  assertEquals(recordingProblem("-"), problem);
});

Deno.test("a recording that cannot be written ends with one line in the log", () => {
  const { log, lines } = collectedLog();
  const recorder = Recorder.open(settings("/dev/full"), 0, log); // a disk without room
  for (let nowMs = 0; nowMs < 3_000; nowMs += 100) recorder.note({ ...tick, sample: sample(nowMs) });
  recorder[Symbol.dispose]();
  assertEquals(lines.length, 1);
  assertMatch(lines[0]!, /^Cannot write the recording: .*, it ends here$/);
});
