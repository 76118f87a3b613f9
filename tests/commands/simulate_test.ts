import { assert, assertAlmostEquals, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { median } from "simple-statistics";
import { DEFAULT_POLICY } from "../../src/core/policy_settings.ts";
import { autoscaler } from "../../src/simulation/controllers/autoscaler_controller.ts";
import { run as runEngine } from "../../src/simulation/server/engine.ts";
import { RecordingWriter } from "../../src/simulation/load/recording_writer.ts";
import { scenario } from "../simulation/server/scripted_scenario.ts";
import { run } from "../support/process.ts";
import { tempDir } from "../support/tempdir.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

async function call(args: readonly string[], cwd?: string, env: Record<string, string> = {}) {
  const output = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", MAIN, ...args],
    env: { NO_COLOR: "1", ...env },
    ...(cwd === undefined ? {} : { cwd }),
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code: output.code, stdout: text(output.stdout), stderr: text(output.stderr) };
}

/** A recording of a simulated half minute, as run --record would leave it: at first nothing is known of the workers. */
function record(path: string, initialWorkers = 2): void {
  const settings = { ...DEFAULT_POLICY, minWorkers: 2, maxWorkers: 9 };
  const writer = new RecordingWriter(path, { recording: 1, epochMs: 0, settings });
  let ticks = 0;
  const onTick = (...[sample, decision]: Parameters<RecordingWriter["write"]>) => {
    const model = ticks++ < 3 ? { kind: "unknown", slots: 1 } as const : sample.model;
    writer.write({ ...sample, model }, decision);
  };
  const server = { ...scenario("5x10s,50x10s,5x10s", "80"), model: { kind: "gthread", slots: 2 } } as const;
  runEngine(server, autoscaler(settings, { initialWorkers, onTick }));
  writer.close();
}

Deno.test("simulate prints a chart and a table, the same each time", async () => {
  const args = [
    "simulate",
    "--load",
    "5x5s,60x10s,5x10s",
    "--max-workers=12",
    "--compare",
    "fixed:max,rust,min=4",
  ];
  const [once, again] = await Promise.all([call(args), call(args)]);
  assertEquals(once.code, 0, once.stderr);
  assertEquals(once.stdout, again.stdout);
  for (const name of ["autoscaler", "fixed 12", "rust", "min=4", "perfect foresight"]) {
    assertMatch(once.stdout, new RegExp(`^${name} .* %`, "m"));
  }
  assertStringIncludes(once.stdout, "requests/s");
  for (const line of once.stdout.split("\n")) assert(line.length <= 120, line);
});

Deno.test("simulate says nothing of a reader that left", async () => {
  await using child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", MAIN, "simulate", "--load", "5x5s"],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  await child.stdout.cancel();
  assertEquals(await new Response(child.stderr).text(), "");
  assertEquals((await child.status).code, 0);
});

Deno.test("simulate takes settings from the environment, and flags win over it", async () => {
  const args = ["simulate", "--load", "1x5s", "--no-chart", "--compare=", "--no-foresight", "--json"];
  const peak = async (more: string[]) => {
    const { stdout, stderr } = await call([...args, ...more], undefined, {
      GUNICORN_AUTOSCALER_MIN_WORKERS: "4",
    });
    assertEquals(stderr, "");
    return JSON.parse(stdout).results[0].peakWorkers;
  };
  assertEquals([await peak([]), await peak(["--min-workers=3"])], [4, 3]);
});

Deno.test("simulate refuses what would take hours and more workers to begin with than there may be", async () => {
  const refused = async (...args: string[]) => {
    const { code, stderr } = await call(["simulate", ...args]);
    assertEquals(code, 2);
    return stderr.trim();
  };
  assertEquals(
    await refused("--load=constant:1000000,10h"),
    "Cannot simulate 3.6e+10 requests: they take hours, give at most 1e+9 by a shorter load or a smaller --scale",
  );
  assertEquals(
    await refused("--load=0x100000h"),
    "Cannot simulate 100000 hours: they take hours to compute, give at most 1388 with --tick-ms=100",
  );
  assertEquals(
    await refused("--load=5x2s", "--max-workers=4", "--initial-workers=5"),
    "Cannot use --initial-workers=5: it is above the maximum of 4, raise --max-workers or lower it",
  );
});

Deno.test("bytes of a file that a terminal would obey are not shown as they are", async () => {
  await using folder = await tempDir();
  await folder.write("rates.txt", "5\n\x1b[31mred\n");
  const { code, stderr } = await call(["simulate", "--load=trace:rates.txt"], folder.path);
  assertEquals(code, 2);
  assertMatch(stderr, /^Cannot read the trace: line 2 \("\?\[31mred"\) is no rate, /);
});

Deno.test("simulate compares with as many workers as there may be", async () => {
  const { code, stderr } = await call(["simulate", "--load=5x1s", "--max-workers=3000", "--no-chart"]);
  assertEquals([code, stderr], [0, ""]);
});

Deno.test("simulate with bad arguments ends with 2 and lists every mistake", async () => {
  const { code, stdout, stderr } = await call(
    ["simulate", "--load=5x", "--service=slow", "--min-workers=0", "--corse=2", "--html"],
  );
  assertEquals([code, stdout], [2, ""]);
  const lines = stderr.trim().split("\n");
  assertEquals(lines.length, 5, stderr);
  for (const line of lines) assertMatch(line, /^Cannot .+: .+, .+$/);
});

Deno.test("simulate --from replays a recording beside what was recorded, on the server and with the settings that it shows", async () => {
  await using folder = await tempDir();
  record(folder.join("night.jsonl"));
  // The recording tells rates, not moments: when requests come is drawn anew with each seed, and one draw may hold a clump.
  const seeds = ["1", "2", "3", "4", "5"];
  const replays = await Promise.all(seeds.map(async (seed) => {
    const { code, stdout, stderr } = await call(
      ["simulate", "--from", "night.jsonl", "--json", "--compare", "min=4,fixed:max", "--seed", seed],
      folder.path,
    );
    assertEquals([code, stderr], [0, ""]);
    return JSON.parse(stdout);
  }));
  const { scenario: seen, results } = replays[0];
  assertEquals(seen.model, { kind: "gthread", slots: 2 });
  assertEquals(results.map((one: { controller: string }) => one.controller), [
    "autoscaler",
    "min=4",
    "fixed 9",
    "as recorded",
  ]);
  const ratios = replays.map(({ results: [replayed, , , recorded] }): number =>
    replayed.workerSeconds / recorded.workerSeconds
  );
  assertAlmostEquals(median(ratios), 1, 0.05);
});

Deno.test("simulate --tune prints variables to paste", async () => {
  const { code, stdout } = await call([
    "simulate",
    "--load=5x5s,40x5s,5x20s",
    "--max-workers=10",
    "--idle-seconds=20",
    "--tune",
    "--share=99",
    "--no-chart",
  ]);
  assertEquals(code, 0);
  assertMatch(stdout, /^GUNICORN_AUTOSCALER_IDLE_SECONDS=[\d.]+$/m);
  assertMatch(stdout, /^# best: 99|^# best: 100/m);
});

Deno.test("simulate --from --tune searches from the number of workers that was recorded", async () => {
  await using folder = await tempDir();
  record(folder.join("night.jsonl"), 7);
  const before = async (...more: string[]) => {
    const { code, stdout, stderr } = await call(
      ["simulate", "--from", "night.jsonl", "--tune", "--tune-seconds=1", "--compare=", "--json", ...more],
      folder.path,
    );
    assertEquals([code, stderr], [0, ""]);
    return JSON.parse(stdout).tuning.before.workerSeconds;
  };
  assertEquals(await before(), await before("--initial-workers=7"));
});

Deno.test("simulate --html and report write a page; report takes the recording's SLO", async () => {
  await using folder = await tempDir();
  record(folder.join("night.jsonl"));
  const simulated = await call(["simulate", "--load=5x2s", "--html=out.html", "--no-chart"], folder.path);
  assertEquals(simulated.code, 0, simulated.stderr);
  const reported = await call(["report", "night.jsonl"], folder.path);
  assertEquals([reported.code, reported.stdout], [0, "The page is in night.html.\n"], reported.stderr);
  for (const name of ["out.html", "night.html"]) {
    const html = await Deno.readTextFile(folder.join(name));
    assert(html.startsWith("<!doctype html>") && html.trimEnd().endsWith("</html>"));
    assertStringIncludes(html, "the SLO of 300 ms");
  }
});

Deno.test("standard output on a full disk is an error in words, not a stack trace", async () => {
  await using folder = await tempDir();
  record(folder.join("night.jsonl"));
  for (const command of ["--help", `report ${folder.join("night.jsonl")} --html -`]) {
    const line = `"$0" run -A --no-check "$1" ${command} >/dev/full`;
    const { code, stderr } = await run("sh", ["-c", line, Deno.execPath(), MAIN]);
    const expected = "Cannot write to standard output: No space left on device, send it elsewhere";
    assertEquals([code, stderr], [1, expected]);
  }
});

Deno.test("a page never takes the place of what it is made from", async () => {
  await using folder = await tempDir();
  const cases = [
    ["report", "night.html"],
    ["report", "./night.html", "--html=night.html"],
    ["simulate", "--from=night.html", "--html=night.html"],
    ["simulate", "--load=recording:night.html", "--html=night.html"],
  ];
  record(folder.join("night.html"));
  const before = await Deno.readTextFile(folder.join("night.html"));
  for (const args of cases) {
    const { code, stderr } = await call(args, folder.path);
    assertEquals(code, 2);
    assertEquals(
      stderr,
      "Cannot write night.html: it is what the page is made from, name another file with --html\n",
    );
    assertEquals(await Deno.readTextFile(folder.join("night.html")), before, args.join(" "));
  }
});

Deno.test("simulate tells of a variable that is no setting", async () => {
  const { code, stderr } = await call(["simulate", "--load=5x2s", "--no-chart"], undefined, {
    GUNICORN_AUTOSCALER_MAX_WORKER: "3",
  });
  assertEquals(code, 0);
  assertEquals(
    stderr,
    "Warning: GUNICORN_AUTOSCALER_MAX_WORKER is not a setting; did you mean GUNICORN_AUTOSCALER_MAX_WORKERS?\n",
  );
});

Deno.test("simulate tells of lines of an access log that it leaves out", async () => {
  await using folder = await tempDir();
  const line = '- - - [10/Oct/2026:13:55:36 +0000] "GET / HTTP/1.1" 200 1';
  await folder.write("access.log", `${line}\n\x1b[31mred\n`);
  const args = ["simulate", "--load=access-log:access.log", "--no-chart"];
  const { code, stderr } = await call(args, folder.path);
  assertEquals(code, 0);
  assertEquals(
    stderr,
    'Warning: 1 line of the access log without a [day/Mon/year:h:m:s] time, line 2 ("?[31mred"), is left out: ' +
      "give a log in common or combined format\n",
  );
});

Deno.test("a load that never ends is refused before it fills the memory", async () => {
  for (const args of [["simulate", "--load=trace:/dev/zero"], ["report", "/dev/zero"]]) {
    const { code, stderr } = await call(args);
    assertEquals(code, 2);
    assertEquals(stderr, "Cannot read /dev/zero: it has more than 500 MiB, give a file that can be read\n");
  }
});

Deno.test("simulate --html=- writes the page, and nothing else, to standard output", async () => {
  await using folder = await tempDir();
  const args = ["simulate", "--load=5x2s", "--html=-"];
  const { code, stdout } = await call(args, folder.path);
  assertEquals([code, [...Deno.readDirSync(folder.path)]], [0, []]);
  assert(stdout.startsWith("<!doctype html>") && stdout.trimEnd().endsWith("</html>"), stdout.slice(0, 80));
  const { code: refused, stderr } = await call([...args, "--json"], folder.path);
  assertEquals(refused, 2);
  assertStringIncludes(stderr, "both are for standard output, name a file for the page");
});

Deno.test("report ends with 2 and says what is wrong", async () => {
  await using folder = await tempDir();
  await folder.write("other.txt", "hello\n");
  for (
    const [args, wrong] of [
      [[], /no recording is named/],
      [["a", "b"], /2 files/],
      [
        ["missing.jsonl"],
        /^Cannot read missing\.jsonl: there is no such file, give a file that can be read$/m,
      ],
      [["other.txt"], /line 1 is no tick/],
      [["other.txt", "--color=red"], /no such option, use --html or --slo/],
      [["other.txt", "--slo=fast"], /it is not a time, give/],
    ] as const
  ) {
    const { code, stdout, stderr } = await call(["report", ...args], folder.path);
    assertEquals([code, stdout], [2, ""], stderr);
    assertMatch(stderr, wrong);
  }
});

Deno.test("simulate --pods shows pods and workers in chart, table, JSON and page", async () => {
  await using folder = await tempDir();
  const args = ["simulate", "--load=20x30s,120x90s", "--max-workers=8", "--pods=1..6", "--html=pods.html"];
  const { code, stdout, stderr } = await call(args, folder.path);
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /^autoscaler .* %/m);
  assertMatch(stdout, /^6 pods .* %/m);
  for (const word of ["pods ", "saturation ", "pod-s", "peak pods"]) assertStringIncludes(stdout, word);
  const html = await Deno.readTextFile(folder.join("pods.html"));
  for (const word of ["<h2>Pods <", "<h2>Workers <", "pod changes"]) assertStringIncludes(html, word);
  const json = JSON.parse((await call([...args.slice(0, 4), "--json", "--compare=pods:2"])).stdout);
  const [own, two] = json.results;
  assert(own.pods.peakPods > 2 && own.pods.changes[0].reason.includes("target 0.8"));
  assertEquals([two.controller, two.pods.peakPods, two.pods.podSeconds], ["2 pods", 2, 240]);
});

Deno.test("simulate with pods that cannot be ends with 2 and says why", async () => {
  for (
    const [args, wrong] of [
      [["--pods=5..2"], /--pods=5\.\.2: .* give MIN\.\.MAX/],
      [["--pod-target=1"], /--pod-target: there are no pods, add --pods/],
      [["--pods=1..3", "--tune"], /--tune with --pods/],
      [["--pods=1..3", "--pod-average-seconds=5"], /Prometheus asks every 15 s only/],
      [["--pods=1..3", "--compare=rust,pods:none"], /"rust".*\n.*"pods:none"/],
    ] as const
  ) {
    const { code, stdout, stderr } = await call(["simulate", "--load=5x5s", ...args]);
    assertEquals([code, stdout], [2, ""], stderr);
    assertMatch(stderr, wrong);
    for (const line of stderr.trim().split("\n")) assertMatch(line, /^Cannot .+: .+, .+$/);
  }
});
