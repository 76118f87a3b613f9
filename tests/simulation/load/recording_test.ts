import { assert, assertAlmostEquals, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { DEFAULT_POLICY } from "../../../src/core/policy_settings.ts";
import type { Decision } from "../../../src/core/reason.ts";
import type { Sample } from "../../../src/core/sample.ts";
import { expectedRequests } from "../../../src/simulation/load/arrivals.ts";
import { autoscaler } from "../../../src/simulation/controllers/autoscaler_controller.ts";
import { run } from "../../../src/simulation/server/engine.ts";
import { recordedLoad } from "../../../src/simulation/load/recorded_load.ts";
import { recordedResult } from "../../../src/simulation/report/recorded_result.ts";
import {
  headerLine,
  parseRecording,
  type RecordingHeader,
  tickLine,
} from "../../../src/simulation/load/recording.ts";
import { RecordingWriter } from "../../../src/simulation/load/recording_writer.ts";
import type { Result } from "../../../src/simulation/report/result.ts";
import type { Scenario } from "../../../src/simulation/server/scenario.ts";
import { meanMs } from "../server/mean_time.ts";
import { scenario } from "../server/scripted_scenario.ts";

const HEADER: RecordingHeader = { recording: 1, epochMs: 1_800_000_000_000, settings: DEFAULT_POLICY };
const SETTINGS = { ...DEFAULT_POLICY, maxWorkers: 12 };

/** Runs the world and gives the recording that a live run would have left, with the truth. */
function recorded(world: Scenario): { text: string; result: Result; ticks: [Sample, Decision][] } {
  const ticks: [Sample, Decision][] = [];
  const controller = autoscaler(SETTINGS, {
    onTick: (sample, decision) => {
      if (sample.nowMs <= 45_000) ticks.push([sample, decision]);
    },
  });
  const result = run(world, controller);
  return { text: headerLine(HEADER) + ticks.map((tick) => tickLine(...tick)).join(""), result, ticks };
}

Deno.test("a tick is written as a line and read back, bucket arrays without their empty end", () => {
  const { ticks } = recorded(scenario("20x3s", "100"));
  const [sample, decision] = ticks[20]!;
  const line = tickLine(sample, decision);
  const [tick] = parseRecording(line, "x").ticks;
  assertEquals(tick!.decision.target, decision.target);
  assertEquals(tick!.sample.workers, sample.workers);
  const before = sample.load === "unknown" ? [] : Array.from(sample.load.service);
  const after = tick!.sample.load === "unknown" ? [] : Array.from(tick!.sample.load.service);
  assert(before.length === 64 && after.length < 64);
  assertEquals(after, before.slice(0, after.length));
  assert(line.length < 2500 && line.endsWith("}\n"), line);
});

Deno.test("a recording whose last line was cut off is read without it; any other bad line is named", () => {
  const { text } = recorded(scenario("5x1s", "100"));
  const whole = parseRecording(text, "x");
  assertEquals(whole.header, JSON.parse(JSON.stringify(HEADER)));
  assertEquals(parseRecording(text.slice(0, -30), "x").ticks.length, whole.ticks.length - 1);
  const message = (bad: string) => assertThrows(() => parseRecording(bad, "night.jsonl"), Error).message;
  assertEquals(
    message(text.replace("\n", "\n{broken\n")),
    "Cannot read the recording night.jsonl: line 2 is no tick, give a file that run --record wrote",
  );
  assertMatch(message("[1,2]\n"), /line 1 is no tick/);
  assertMatch(message(headerLine(HEADER)), /it holds no tick/);
});

Deno.test("a line whose readings are missing, or no numbers, is no tick", () => {
  const { text } = recorded(scenario("20x3s", "100"));
  const [header, ...lines] = text.split("\n");
  const changes: [from: RegExp, to: string][] = [
    [/"queue":[^,]+/, '"queue":{}'],
    [/"load":\{/, '"load":[1],"was":{'],
    [/"innerQueue":0/, '"innerQueue":"0"'],
    [/"workers":\{/, '"workers":7,"was":{'],
    [/"code":"[a-z-]+"/, '"code":null'],
    [/"bounds":\{/, '"bounds":{},"was":{'],
    [/"nowMs":[\d.]+/, '"nowMs":1e300'],
    [/"wanted":/, '"aim":'],
  ];
  assert(changes.every(([from]) => from.test(lines[20]!)), lines[20]);
  for (const [from, to] of changes) {
    const changed = [header, ...lines.with(20, lines[20]!.replace(from, to))].join("\n");
    assertMatch(assertThrows(() => parseRecording(changed, "x"), Error).message, /line 22 is no tick/, to);
  }
  const least = '{"sample":{"nowMs":1,"elapsedMs":1},"decision":{"target":2}}\n';
  assertThrows(() => parseRecording(least, "x"), Error, "line 1 is no tick");
  assertThrows(
    () => parseRecording(text.replace(/"settings":\{.*?\},?/, ""), "x"),
    Error,
    "line 1 is no tick",
  );
});

Deno.test("a recording gives back the load: requests, rates by phase, service times and their CPU share", () => {
  const world = scenario("5x15s,60x15s,5x15s", "cpu:10+wait:90", { cores: 8 });
  const { text, result } = recorded(world);
  const load = recordedLoad(parseRecording(text, "x"));
  assertAlmostEquals(expectedRequests(load), result.offered, 2);
  const between = (from: number, to: number) => {
    let at = 0, requests = 0;
    for (const segment of load) {
      if (at >= from && at < to) requests += segment.ratePerSecond * segment.durationMs / 1000;
      at += segment.durationMs;
    }
    return requests / (to - from) * 1000;
  };
  assertAlmostEquals(between(0, 15_000), 5, 1.5);
  assertAlmostEquals(between(15_000, 30_000), 60, 6);
  const service = load.find((segment) => segment.service)!.service!;
  assertAlmostEquals(meanMs(service.wait), 100, 12);
  assertAlmostEquals(service.cpuShare!, 0.1, 0.03);
});

Deno.test("replaying a recording under the same settings comes out as it was", () => {
  const world = scenario("5x15s,60x15s,5x15s", "lognormal:80,0.3");
  const { text, result } = recorded(world);
  const load = recordedLoad(parseRecording(text, "x"));
  const replayed = run({ ...world, load, arrivals: "uniform" }, autoscaler(SETTINGS));
  assertAlmostEquals(replayed.workerSeconds / result.workerSeconds, 1, 0.1);
  assertAlmostEquals(replayed.shareWithinSlo, result.shareWithinSlo, 0.01);
});

Deno.test("what a recording came to is close to the truth", () => {
  const { text, result } = recorded(scenario("5x15s,60x15s,5x15s", "lognormal:80,0.3"));
  const seen = recordedResult(parseRecording(text, "x"), 300);
  assertEquals(seen.changes.length, result.changes.length);
  assertEquals(seen.peakWorkers, result.peakWorkers);
  assertAlmostEquals(seen.workerSeconds, result.workerSeconds, 0.02 * result.workerSeconds);
  assertAlmostEquals(seen.offered, result.offered, 3);
  assertAlmostEquals(seen.p50Ms, result.p50Ms, 0.15 * result.p50Ms);
  assertAlmostEquals(seen.p95Ms, result.p95Ms, 0.25 * result.p95Ms);
  assertAlmostEquals(seen.shareWithinSlo, result.shareWithinSlo, 0.02);
  assert(seen.changes.every(({ reason }) => reason.length > 10));
});

Deno.test("the writer rotates by size, keeps as many as it is set to, and each file is complete", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/night.jsonl`;
    const { ticks } = recorded(scenario("5x20s", "100"));
    const writer = new RecordingWriter(path, HEADER, { maxBytes: 60_000, keep: 2 });
    for (const tick of ticks) writer.write(...tick);
    writer.close();
    const names = Array.from(Deno.readDirSync(folder), (entry) => entry.name).sort();
    assertEquals(names, ["night.jsonl", "night.jsonl.1", "night.jsonl.2"]);
    const parts = ["night.jsonl.2", "night.jsonl.1", "night.jsonl"].map((name) => {
      const text = Deno.readTextFileSync(`${folder}/${name}`);
      assert(text.length <= 60_000, `${name}: ${text.length}`);
      return parseRecording(text, name);
    });
    assert(parts.every(({ header }) => header?.recording === 1));
    const times = parts.flatMap((part) => part.ticks.map(({ sample }) => sample.nowMs));
    const last = ticks.slice(-times.length).map(([sample]) => sample.nowMs);
    assertEquals(times, last); // nothing lost between files, the oldest gone
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("what a run records after a crash can be read, without the line that the crash cut off", async () => {
  const path = await Deno.makeTempFile();
  try {
    const { text, ticks } = recorded(scenario("5x1s", "100"));
    const before = parseRecording(text, path).ticks.length;
    Deno.writeTextFileSync(path, text.slice(0, -30));
    const writer = new RecordingWriter(path, HEADER);
    writer.write(...ticks[0]!);
    writer.close();
    assertEquals(parseRecording(Deno.readTextFileSync(path), path).ticks.length, before);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("a writer appends to a file that exists", async () => {
  const path = await Deno.makeTempFile();
  try {
    const { ticks } = recorded(scenario("5x1s", "100"));
    for (const tick of ticks.slice(0, 2)) {
      const writer = new RecordingWriter(path, HEADER);
      writer.write(...tick);
      writer.close();
    }
    const text = Deno.readTextFileSync(path);
    assertEquals(text.split("\n").length, 4); // header, two ticks, the end
    assertEquals(parseRecording(text, path).ticks.length, 2);
  } finally {
    await Deno.remove(path);
  }
});
