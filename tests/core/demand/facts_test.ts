/** What a decision's sentence is made of. */
import { assertAlmostEquals, assertEquals, assertGreater } from "@std/assert";
import { durations, load } from "../samples.ts";
import { ticks } from "../ticks.ts";
import { CPU, demand, requests } from "./demand_scenes.ts";

const SEEN = demand({
  always: { ...requests(2, 50), cpuMs: 30 },
  sample: { cpu: CPU, load: load({ inFlight: 3, innerQueue: 1 }), queue: 4 },
}).facts;
const UNSEEN = demand({ sample: { load: "unknown", queue: "unknown" } }).facts;

Deno.test("requests: their rate, load and times", () => {
  assertEquals(SEEN.rps, 20);
  assertEquals(SEEN.finishedRps, 20);
  assertEquals(SEEN.erlangs, 1);
  assertEquals(SEEN.serviceMs, 50);
  assertAlmostEquals(SEEN.p95Ms as number, 50, 12.5);
});

Deno.test("requests now: in service, and waiting in the kernel or in workers", () => {
  assertEquals(SEEN.inFlight, 3);
  assertEquals(SEEN.queued, 5);
});

Deno.test("the machine: slots in use, cores in use, cores there are", () => {
  assertEquals(SEEN.utilization, 0.5);
  assertAlmostEquals(SEEN.workerCores as number, 0.3, 1e-9);
  assertEquals(SEEN.limitCores, 8);
});

Deno.test("what cannot be read is unknown", () => {
  for (
    const name of [
      "inFlight",
      "queued",
      "serviceMs",
      "p95Ms",
      "recentP95Ms",
      "workerCores",
      "limitCores",
      "utilization",
    ] as const
  ) {
    assertEquals(UNSEEN[name], "unknown", name);
  }
});

Deno.test("before any tick there is no rate, and no CPU is known", () => {
  const { rps, finishedRps, workerCores } =
    demand({ sample: { cpu: CPU }, kind: "uvicorn", input: { history: ticks([]) } }).facts;
  assertEquals(rps, 0);
  assertEquals(finishedRps, 0);
  assertEquals(workerCores, "unknown");
});

Deno.test("the rate of finished requests is known from a millisecond on", () => {
  const history = ticks([{ elapsedMs: 1, finished: 3 }]);
  assertEquals(demand({ input: { history } }).facts.finishedRps, 3_000);
});

Deno.test("workers with open streams are those that the probe counts", () => {
  assertEquals(demand({ sample: { load: load({ streamWorkers: 2 }) } }).facts.streamWorkers, 2);
  assertEquals(UNSEEN.streamWorkers, 0);
});

Deno.test("websockets and event streams are counted together", () => {
  assertEquals(demand({ sample: { load: load({ websockets: 2, streams: 3 }) } }).facts.openStreams, 5);
  assertEquals(UNSEEN.openStreams, 0);
});

Deno.test("a tick of a millisecond counts", () => {
  const history = ticks([{ elapsedMs: 1, cpuMs: 3 }]);
  assertEquals(
    demand({ sample: { cpu: CPU }, kind: "uvicorn", input: { history } }).facts.workerCores,
    3,
  );
});

Deno.test("the 95th percentile is that of the slowest twentieth", () => {
  const times = durations(9, 50).map((n, i) => n + durations(1, 900)[i]!);
  assertGreater(demand({ always: { ...requests(10, 50), durations: times } }).facts.p95Ms as number, 600);
});

Deno.test("the objective is told by the times that it is held against, those of the burst window", () => {
  const slow = durations(9, 50).map((n, i) => n + durations(1, 900)[i]!);
  const history = ticks(
    Array.from({ length: 100 }, (_, i) => ({ durations: i < 70 ? durations(10, 50) : slow })),
  );
  const { p95Ms, recentP95Ms } = demand({ input: { history } }).facts;
  assertAlmostEquals(p95Ms as number, 50, 12.5);
  assertGreater(recentP95Ms as number, 600);
});

Deno.test("requests hang when they keep slots far longer than before", () => {
  const hangs = (occupiedMs: number) =>
    demand({
      always: requests(1, 50),
      recent: Array.from({ length: 10 }, () => ({ occupiedMs })),
    }).facts.hangs;
  assertEquals(hangs(10), false);
  assertEquals(hangs(200), true);
});
