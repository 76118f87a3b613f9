import {
  assertAlmostEquals,
  assertEquals,
  assertLess,
  assertMatch,
  assertNotMatch,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { drawChart } from "../../bench/report/chart.ts";
import { parsePhases, totalMs } from "../../bench/load/phases.ts";
import {
  disturbance,
  eachSecond,
  readResults,
  type RunResult,
  writeResults,
} from "../../bench/report/results.ts";
import { batches, type Rival, rivals, rivalsNamed } from "../../bench/servers/rivals.ts";
import { machineBusyMs } from "../../bench/costs/machine_cpu.ts";
import { runOne } from "../../bench/measured_run.ts";
import { scenarios, scenariosNamed } from "../../bench/scenarios.ts";
import { percent, table } from "../../bench/report/results_table.ts";
import { familyCpuMs, peakWorkers, seriesOf, workerSeconds } from "../../bench/servers/workers.ts";

import { start } from "../support/process.ts";
import { tempDir } from "../support/tempdir.ts";
import { until } from "../support/wait.ts";

Deno.test("worker-seconds count each worker for as long as it lived during the load", () => {
  const series = seriesOf([[500, 1], [900, 2], [6000, 8], [26_000, 3], [99_000, 7]], 1000, 45_000);
  assertEquals(series.changes, [[0, 2], [5000, 8], [25_000, 3]]);
  assertEquals(workerSeconds(series), 2 * 5 + 8 * 20 + 3 * 20);
  assertEquals(peakWorkers(series), 8);
});

Deno.test("CPU time is that of a process, its children and those that have ended", async () => {
  const script = "python3 -c 'import time\nwhile time.thread_time() < 0.3: pass'; echo done; sleep 60";
  await using process = start("bash", ["-c", script], { graceMs: 100 });
  await process.line(/done/, { timeoutMs: 20_000 });
  assertLess(Math.abs(familyCpuMs(process.pid) - 350), 150);
});

Deno.test("the machine was busy for all but idle time and waits for a disk, stolen time included", () => {
  const stat = "cpu  100 20 30 5000 400 1 2 7 50 0\ncpu0 1 2 3 4 5 6 7 8 9 0\n";
  assertEquals(machineBusyMs(stat), (100 + 20 + 30 + 1 + 2 + 7) * 10);
});

Deno.test("a run beside which much else ran says so", () => {
  const result = (elsewhereCores?: number) => ({ elsewhereCores }) as unknown as RunResult;
  assertEquals(disturbance(result(1.04)), "disturbed: 1.0 cores were used elsewhere");
  assertEquals([disturbance(result(0.2)), disturbance(result())], ["", ""]);
});

Deno.test("each second knows how many of its requests were late or lost", () => {
  const outcomes = {
    dueMs: [0, 500, 999, 1000, 2500],
    latencyMs: [10, 301, 10, 10, 10],
    outcome: ["ok", "ok", "broken", "ok", "ok"] as const,
    phase: [0, 0, 0, 0, 0],
    timeoutMs: 1000,
    resent: 0,
    latenessP99Ms: 0,
    latenessMaxMs: 0,
    generatorCpuMs: 0,
  };
  assertEquals(eachSecond(outcomes, 2, 300), { due: [3, 2], missed: [2, 0] });
});

Deno.test("a share is never rounded up to all", () => {
  assertEquals([percent(1, 1), percent(0.99996, 1), percent(0.995, 1), percent(0.29, 0)], [
    "100.0 %",
    "99.9 %",
    "99.5 %",
    "29 %",
  ]);
});

Deno.test("results are written and read back, and a broken file is not taken for an empty one", async () => {
  await using dir = await tempDir();
  const file = dir.join("results.json");
  assertEquals(await readResults(file), { machine: {}, scenarios: {} });
  const results = {
    machine: { cores: 2 },
    scenarios: { burst: { ours: result(1), rust: { absent: "not built" } } },
  };
  await writeResults(file, results);
  assertEquals(await readResults(file), results);
  await Deno.writeTextFile(file, "{");
  const error = await readResults(file).then(() => "", (error: Error) => error.message);
  assertStringIncludes(error, "Cannot read the results");
});

Deno.test("the table compares all that took part with the fixed maximum, and says why another did not", () => {
  const [burst] = scenariosNamed(["burst"]);
  const text = table(burst!, {
    "fixed-max": result(1, 540),
    ours: result(0.999, 216),
    rust: { absent: "not built" },
  });
  assertMatch(text, /gunicorn-autoscaler +99\.90 % .* 216 +40 %/);
  assertMatch(text, /gunicorn, maximum +100\.00 % .* 540 +100 %/);
  assertMatch(text, /Rust autoscaler 0\.2\.1 +not built/);
});

Deno.test("the chart shows those that took part, has no broken number, and follows the reader's colour scheme", () => {
  for (const scenario of scenarios) {
    const svg = drawChart(scenario, {
      ours: result(0.999, 216),
      "uwsgi-tuned": { absent: "no" },
      rust: result(0.5, 90),
    }, rivals);
    assertStringIncludes(svg, "gunicorn-autoscaler</text>");
    assertNotMatch(svg, /uWSGI busyness, tuned/);
    assertNotMatch(svg, /NaN|undefined|Infinity/);
    assertStringIncludes(svg, "prefers-color-scheme: dark");
  }
});

Deno.test("names of scenarios and servers are found, and an unknown one is refused with those there are", () => {
  assertEquals(rivalsNamed(["ours", "fixed-max"]).map((rival) => rival.name), ["ours", "fixed-max"]);
  assertThrows(() => rivalsNamed(["apache"]), Error, "take fixed-min");
  assertThrows(() => scenariosNamed(["bursts"]), Error, "take burst");
  const [trace] = scenariosNamed(["trace"]);
  assertEquals(totalMs(trace!.phases), 300_000);
  assertAlmostEquals(trace!.phases.reduce((sum, phase) => sum + phase.ratePerS, 0) / 300, 10.8, 0.1);
});

Deno.test("only light loads are measured together, and never two servers that need the same one thing", () => {
  const names = (scenario: string, together: boolean) => {
    const chosen = rivalsNamed(["ours", "rust", "fixed-max", "rust-tuned"]);
    return batches(scenariosNamed([scenario])[0]!, chosen, together).map((batch) =>
      batch.map((rival) => rival.name)
    );
  };
  assertEquals(names("burst", true), [["ours", "rust", "fixed-max"], ["rust-tuned"]]);
  assertEquals(names("burst", false), [["ours"], ["rust"], ["fixed-max"], ["rust-tuned"]]);
  assertEquals(names("cpu", true), names("cpu", false));
});

Deno.test("a real server is measured: its workers, its answers, and nothing of it is left", async () => {
  const [burst] = scenariosNamed(["burst"]);
  const [fixed] = rivalsNamed(["fixed-min"]);
  let serverPort = 0;
  const spied = {
    ...fixed!,
    launch: async (...args: Parameters<Rival["launch"]>) => {
      const launch = await fixed!.launch(...args);
      serverPort = args[1];
      return launch;
    },
  };
  const run = await runOne({ ...burst!, phases: parsePhases("20x1s:/sleep/10") }, spied, { seed: 1 });
  if ("absent" in run) throw new Error(run.absent);
  assertEquals([run.errors, run.timeouts, run.workers.changes, run.workerSeconds], [0, 0, [[0, 2]], 2]);
  assertEquals(run.dueEachSecond, [run.sent]);
  await until(() => Deno.connect({ port: serverPort }).then((conn) => (conn.close(), false), () => true), {
    what: "a closed port",
  });
});

function result(shareWithinSlo: number, workerSeconds = 100): RunResult {
  return {
    shareWithinSlo,
    workerSeconds,
    sent: 100,
    errors: 0,
    timeouts: 0,
    p50Ms: 1,
    p95Ms: 2,
    p99Ms: 3,
    peakWorkers: 4,
    lastWorkers: 2,
    cpuMsPerRequest: 1,
    generatorLateMs: 1,
    workers: { changes: [[0, 2], [1000, 4]], endMs: 45_000 },
    dueEachSecond: [0, 10],
    missedEachSecond: [0, 5],
  };
}
