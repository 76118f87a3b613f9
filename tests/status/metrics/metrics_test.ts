import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { METRIC_PREFIX, METRICS } from "../../../src/status/metrics/metric_table.ts";
import { metricsText } from "../../../src/status/metrics/metrics_text.ts";
import type { MetricSource } from "../../../src/status/metrics/metric.ts";
import { lowerBoundMs } from "../../../src/core/histogram.ts";
import { load, sample } from "../../core/samples.ts";
import { findProgram } from "../../support/program.ts";
import { boardOf, busySample, IDENTITY, LIVE_DETAILS, ticks } from "../records.ts";

function source(changes: Partial<MetricSource> = {}): MetricSource {
  const board = boardOf(ticks(0, 5, (nowMs) => busySample(nowMs, 5, 100, 6)));
  return {
    board,
    record: board.record!,
    live: LIVE_DETAILS,
    identity: IDENTITY,
    server: { eventStreams: 2, droppedFrames: 3 },
    ...changes,
  };
}

/** name{labels} -> value */
function parsed(text: string): Map<string, number> {
  const lines = text.trim().split("\n").filter((line) => !line.startsWith("#"));
  return new Map(lines.map((line) => {
    const space = line.lastIndexOf(" ");
    return [line.slice(METRIC_PREFIX.length, space), Number(line.slice(space + 1))];
  }));
}

Deno.test("every metric is there when everything is known, with help and type", () => {
  const text = metricsText(source());
  for (const { name, type } of METRICS) {
    if (["busy_threads", "worker_loop_lag_seconds", "statsd_dropped_packets_total"].includes(name)) continue;
    assertMatch(text, new RegExp(`^# HELP ${METRIC_PREFIX}${name} .+$`, "m"), name);
    assertMatch(text, new RegExp(`^# TYPE ${METRIC_PREFIX}${name} ${type}$`, "m"), name);
  }
  assertEquals(text.endsWith("\n"), true);
});

Deno.test("the figures are those of the board", () => {
  const metrics = parsed(metricsText(source()));
  assertEquals(metrics.get('workers{state="ready"}'), 2);
  assertEquals(metrics.get("requests_total"), 250);
  assertEquals(metrics.get("request_failures_total"), 50);
  assertEquals(metrics.get("max_workers"), 8);
  assertEquals(metrics.get("confirmations_total"), 4);
  assertEquals(metrics.get("statsd_malformed_lines_total"), 2);
  assertEquals(metrics.get('order{kind="auto"}'), 1);
  assertEquals(metrics.get("workers_pss_bytes"), 40 * 2 ** 20);
  const ticks = [...metrics].filter(([name]) => name.startsWith("decisions_total"));
  assertEquals(ticks.reduce((sum, [, value]) => sum + value, 0), 50);
});

Deno.test("the size of a worker is the mean of the ready ones that can be read, the size of all their sum", () => {
  const [worker] = LIVE_DETAILS.workers;
  const sizes = [["ready", 40], ["ready", 60], ["ready", "unknown"], ["booting", 20]] as const;
  const workers = sizes.map(([state, pssBytes], i) => ({ ...worker!, pid: i, state, pssBytes }));
  const metrics = parsed(metricsText(source({ live: { ...LIVE_DETAILS, workers } })));
  assertEquals([metrics.get("worker_pss_bytes"), metrics.get("workers_pss_bytes")], [50, 120]);
});

Deno.test("busy threads are those of gthread workers", () => {
  const busyThreads = (kind: "sync" | "gthread") => {
    const one = sample(100, { model: { kind, slots: 4 }, load: load({ busyThreads: 3 }) });
    const board = boardOf([one]);
    return parsed(metricsText(source({ board, record: board.record! }))).get("busy_threads");
  };
  assertEquals([busyThreads("gthread"), busyThreads("sync")], [3, undefined]);
});

Deno.test("a histogram is cumulative, ends with +Inf and agrees with its count and sum", () => {
  const metrics = [...parsed(metricsText(source()))];
  const buckets = metrics.filter(([name]) => name.startsWith("service_time_seconds_bucket"));
  const counts = buckets.map(([, value]) => value);
  assertEquals([...counts].sort((a, b) => a - b), counts);
  assertEquals(buckets.at(-1)![0], 'service_time_seconds_bucket{le="+Inf"}');
  const get = (name: string) => metrics.find(([key]) => key === name)![1];
  assertEquals(counts.at(-1), get("service_time_seconds_count"));
  assert(Math.abs(get("service_time_seconds_sum") - 25) < 1e-9);
  // 100 ms lies between the octaves 67 and 134 ms.
  const le = (ms: number) => `service_time_seconds_bucket{le="${Number((ms / 1000).toPrecision(12))}"}`;
  assertEquals(get(le(lowerBoundMs(36))), 0);
  assertEquals(get(le(lowerBoundMs(40))), 250);
});

Deno.test("a request at a bound counts in the bucket above it", () => {
  const board = boardOf([busySample(100, 1, 0), busySample(200, 3, lowerBoundMs(40) * 1.01)]);
  const metrics = parsed(metricsText({ ...source(), board, record: board.record! }));
  const below = (bucket: number) =>
    metrics.get(`service_time_seconds_bucket{le="${Number((lowerBoundMs(bucket) / 1000).toPrecision(12))}"}`);
  assertEquals([below(36), below(40), below(44)], [1, 1, 4]);
});

Deno.test("an unknown value is omitted, not 0", () => {
  const board = boardOf(
    ticks(0, 1, (nowMs) => sample(nowMs, { load: "unknown", queue: "unknown", boots: "unknown" })),
  );
  const text = metricsText({
    ...source(),
    board,
    record: board.record!,
    live: {
      ...LIVE_DETAILS,
      workers: [],
      gunicorn: "unknown",
      statsd: "unknown",
      lastBootSeconds: "unknown",
    },
  });
  for (
    const name of [
      "requests_total",
      "service_time_seconds",
      "queue_wait_seconds",
      "in_flight_requests",
      "saturation_ratio",
      "wanted_workers",
      "statsd_packets_total",
      "boot_failures_total",
      "workers_pss_bytes",
    ]
  ) assertNotMatch(text, new RegExp(`${METRIC_PREFIX}${name}\\b`), name);
  assertMatch(text, /target_workers 2/);
});

Deno.test("a label can hold any text", () => {
  const text = metricsText({ ...source(), identity: { ...IDENTITY, version: 'a"b\\c\nd' } });
  assertMatch(text, /version="a\\"b\\\\c\\nd"/);
});

const promtool = await findProgram("promtool");
Deno.test({
  name: promtool === undefined
    ? "promtool has nothing to object (skipped: promtool is not installed)"
    : "promtool has nothing to object",
  ignore: promtool === undefined,
  fn: async () => {
    const child = new Deno.Command(promtool!, {
      args: ["check", "metrics"],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(metricsText(source())));
    await writer.close();
    const { code, stderr, stdout } = await child.output();
    const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assertEquals([code, said], [0, ""]);
  },
});
