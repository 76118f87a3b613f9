import { assertEquals } from "@std/assert";
import { utilizationOf } from "../../../src/core/demand/objective.ts";
import type { Sample, WorkerKind } from "../../../src/core/sample.ts";
import { durations, sample } from "../samples.ts";
import { tick } from "../ticks.ts";
import { asked, CPU, demand, requests, SETTINGS, slow } from "./demand_scenes.ts";

Deno.test("slow requests that none waits behind ask for nothing", () => {
  assertEquals(slow({}), 0);
});

Deno.test("slow requests ask for one worker more when half a request waits behind them", () => {
  assertEquals(slow({ queuedMs: 49 }), 0);
  assertEquals(slow({ queuedMs: 50 }), 3);
  assertEquals(slow({ queuedMs: 50 }, { input: { target: 6 } }), 7);
});

Deno.test("slow requests ask for one worker more when nine slots of ten are in use", () => {
  assertEquals(slow({ occupiedMs: 179 }), 0);
  assertEquals(slow({ occupiedMs: 180 }), 3);
});

Deno.test("requests within the objective, or of unknown length, ask for nothing", () => {
  assertEquals(slow({ queuedMs: 50, durations: durations(1, 100) }), 0);
  assertEquals(slow({ queuedMs: 50, durations: undefined }), 0);
});

Deno.test("nothing while the last growth settles", () => {
  assertEquals(slow({ occupiedMs: 200 }, { input: { sinceUpMs: 500 } }), 0);
});

Deno.test("a wait that is over wants no worker, however slow its requests were", () => {
  const waited = { ...requests(1, 400), occupiedMs: 20, queuedMs: 400 };
  const idle = Array.from({ length: 10 }, () => ({}));
  assertEquals(asked({ always: waited }, "slo"), 3);
  assertEquals(asked({ always: waited, recent: idle }, "slo"), 0);
});

Deno.test("the slowest twentieth counts, not the slowest request", () => {
  const withSlow = (n: number) => durations(30, 50).map((count, i) => count + durations(n, 2_000)[i]!);
  assertEquals(slow({ queuedMs: 50, durations: withSlow(1) }), 0);
  assertEquals(slow({ queuedMs: 50, durations: withSlow(3) }), 3);
});

Deno.test("the objective itself is met", () => {
  const always = { ...requests(1, 400), queuedMs: 50 };
  const p95Ms = demand({ always }).facts.p95Ms as number;
  const at = (sloP95Ms: number) => asked({ always, input: { settings: { ...SETTINGS, sloP95Ms } } }, "slo");
  assertEquals(at(p95Ms), 0);
  assertEquals(at(p95Ms - 1), 3);
});

const SUMS = { ...tick({ occupiedMs: 300, workerMs: 400, cpuMs: 100 }), spanMs: 100 };
const utilization = (kind: WorkerKind, slots: number, changes: Partial<Sample> = {}, sums = SUMS) =>
  utilizationOf(sample(0, { model: { kind, slots }, ...changes }), sums);

Deno.test("utilization: the share of the slots in use", () => {
  assertEquals(utilization("sync", 1), 0.75);
  assertEquals(utilization("gthread", 3), 0.25);
  assertEquals(utilization("sync", 1, {}, { ...SUMS, workerMs: 1, occupiedMs: 0.5 }), 0.5);
});

Deno.test("utilization: of async workers the share of the cores that they could use", () => {
  assertEquals(utilization("uvicorn", 1_000, { cpu: CPU }), 0.25);
});

Deno.test("utilization: never more than all", () => {
  assertEquals(utilization("sync", 1, {}, { ...SUMS, occupiedMs: 500 }), 1);
  assertEquals(utilization("uvicorn", 1_000, { cpu: CPU }, { ...SUMS, cpuMs: 500 }), 1);
});

Deno.test("utilization: unknown without workers, load or CPU", () => {
  assertEquals(utilization("sync", 1, {}, { ...SUMS, workerMs: 0 }), "unknown");
  assertEquals(utilization("sync", 1, { load: "unknown" }), "unknown");
  assertEquals(utilization("uvicorn", 1_000), "unknown");
});

Deno.test("utilization: StatsD shows it without the probe", () => {
  const statsd = { requests: 1, durations: [], durationCount: 0, durationSumMs: 0 };
  assertEquals(utilization("sync", 1, { load: "unknown", statsd }), 0.75);
});
