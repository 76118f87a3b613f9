import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { runLoad } from "../../../bench/load/load.ts";
import { parsePhases } from "../../../bench/load/phases.ts";
import { autoscaled } from "../../support/autoscaled.ts";
import { freeTcpPort } from "../../support/port.ts";
import { run, start } from "../../support/process.ts";
import { findProgram } from "../../support/program.ts";
import { tempDir } from "../../support/tempdir.ts";
import { until } from "../../support/wait.ts";

const deploy = new URL("../../../deploy/prometheus/", import.meta.url).pathname;
const prometheus = await findProgram("prometheus");
const promtool = await findProgram("promtool");

type Series = { metric: Record<string, string>; values: [number, string][] };

/** The values of a query over the last minutes, a second apart; one series is expected. */
async function history(port: number, query: string): Promise<number[]> {
  const end = Date.now() / 1000;
  const parameters = new URLSearchParams({ query, start: String(end - 120), end: String(end), step: "1" });
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query_range?${parameters}`);
  const { data } = await answer.json() as { data: { result: Series[] } };
  assertEquals(data.result.length, 1, `${query}: ${JSON.stringify(data.result.map(({ metric }) => metric))}`);
  return data.result[0]!.values.map(([, value]) => Number(value));
}

/** Whether values come from `low`, reach at least `high`, and come back to `low`. */
function risesAndFalls(values: readonly number[], low: number, high: number): boolean {
  const peak = values.findIndex((value) => value >= high);
  return peak > 0 && values.slice(0, peak).includes(low) && values.slice(peak).at(-1) === low;
}

Deno.test({
  name: prometheus === undefined
    ? "a real Prometheus sees target and workers rise and fall (skipped: prometheus is not installed)"
    : "a real Prometheus sees target and workers rise and fall",
  ignore: prometheus === undefined,
  fn: async () => {
    const statusPort = freeTcpPort();
    await using it = await autoscaled({
      own: ["--min-workers", "2", "--max-workers", "8", "--status-addr", `127.0.0.1:${statusPort}`],
    });
    await using dir = await tempDir();
    const config = await dir.write(
      "prometheus.yml",
      `global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: ["${deploy}rules.yml"]
scrape_configs:
  - job_name: gunicorn-autoscaler
    static_configs: [{targets: ["127.0.0.1:${statusPort}"]}]
`,
    );
    const port = freeTcpPort();
    await using server = start(prometheus!, [
      `--config.file=${config}`,
      `--storage.tsdb.path=${dir.join("data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ]);
    await server.line(/Server is ready to receive web requests/, { timeoutMs: 30_000 });
    await until(
      () =>
        history(port, "gunicorn_autoscaler_target_workers").then((values) => values.length > 2, () => false),
      { timeoutMs: 20_000, everyMs: 200, what: "the first scrapes" },
    );
    const report = await runLoad({
      port: it.port,
      phases: parsePhases("60x8s:/sleep/100"),
      arrivals: "uniform",
    });
    await it.untilWorkers(2, 30_000);
    const query = 'gunicorn_autoscaler_workers{state="ready"}';
    await until(async () => risesAndFalls(await history(port, query), 2, 6), {
      timeoutMs: 20_000,
      everyMs: 500,
      what: "ready workers that rise and fall in Prometheus",
    });
    const target = await history(port, "gunicorn_autoscaler_target_workers");
    assert(risesAndFalls(target, 2, 6), `target: ${target}`);
    assertGreaterOrEqual(Math.max(...await history(port, "gunicorn_autoscaler_saturation_ratio")), 0.7);
    // What it counts is what was sent.
    const requests = await history(port, "gunicorn_autoscaler_requests_total");
    const counted = requests.at(-1)! - requests[0]!;
    assertGreaterOrEqual(counted, report.ok * 0.98);
    const p95 = await history(
      port,
      "histogram_quantile(0.95, rate(gunicorn_autoscaler_service_time_seconds_bucket[20s])) > 0",
    );
    assert(p95.some((seconds) => seconds > 0.08 && seconds < 0.2), `p95: ${p95}`);
    assertEquals((await history(port, "up")).at(-1), 1);
    // The rules are loaded, and none of them fails.
    const rules = await (await fetch(`http://127.0.0.1:${port}/api/v1/rules`)).json() as {
      data: { groups: { rules: { name: string; health: string; lastError?: string }[] }[] };
    };
    const all = rules.data.groups.flatMap((group) => group.rules);
    assertEquals(all.filter(({ health }) => health !== "ok" && health !== "unknown"), []);
    assertGreaterOrEqual(all.length, 15);
  },
});

Deno.test({
  name: promtool === undefined
    ? "promtool takes the rules and the configuration (skipped: promtool is not installed)"
    : "promtool takes the rules and the configuration",
  ignore: promtool === undefined,
  fn: async () => {
    for (const [kind, file] of [["rules", "rules.yml"], ["config", "prometheus.yml"]] as const) {
      const { code, stdout, stderr } = await run(promtool!, ["check", kind, deploy + file]);
      assertEquals(code, 0, stdout + stderr);
    }
    const { code, stdout, stderr } = await run(promtool!, ["test", "rules", `${deploy}rules_test.yml`]);
    assertEquals(code, 0, stdout + stderr);
  },
});
