import { assertEquals } from "@std/assert";
import { asked } from "../demand/demand_scenes.ts";
import { demand, Driver, facts } from "./policy_driver.ts";
import { load } from "../samples.ts";

/** One worker is enough, and clients hold streams open on so many. */
const streaming = (streamWorkers: number) => demand(2, { facts: { ...facts, streamWorkers } });

/** Where eight workers are after a minute, and why. */
function after(streamWorkers: number, streamGraceMs = 0) {
  const driver = new Driver(8, { streamGraceMs });
  let last = driver.step(streaming(streamWorkers));
  for (; driver.nowMs < 60_000; driver.nowMs += 100) last = driver.step(streaming(streamWorkers));
  return { target: last.target, code: last.reason.code };
}

Deno.test("workers with open websockets or event streams stay, the others are removed", () => {
  assertEquals(after(5), { target: 5, code: "streams" });
});

Deno.test("where all have streams all stay", () => {
  assertEquals(after(8), { target: 8, code: "streams" });
});

Deno.test("without streams what is enough stays", () => {
  assertEquals(after(0), { target: 2, code: "steady" });
});

Deno.test("streams keep their workers during the grace", () => assertEquals(after(8, 90_000).target, 8));

Deno.test("streams keep no worker after the grace", () => assertEquals(after(8, 30_000).target, 2));

Deno.test("the grace begins when fewer workers are enough", () => {
  const driver = new Driver(8, { streamGraceMs: 65_000 });
  driver.during(10_000, demand(8));
  assertEquals(driver.during(50_000, streaming(8)), []);
  const [gone] = driver.during(30_000, streaming(8));
  assertEquals(gone?.target, 2);
});

Deno.test("the shortest grace counts", () => {
  assertEquals(after(8, 1).target, 2);
});

Deno.test("one worker more at 80 % of the connections that a worker takes", () => {
  const open = (websockets: number, streams: number, inFlight: number) =>
    asked(
      { kind: "uvicorn", slots: 100, sample: { load: load({ websockets, streams, inFlight }) } },
      "concurrency",
    );
  assertEquals(open(60, 10, 10), 1);
  assertEquals(open(60, 10, 11), 2);
  assertEquals(open(0, 161, 0), 3);
});
