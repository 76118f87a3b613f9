import { assertEquals } from "@std/assert";
import { queuedNow, queuedOrNone, type Sample } from "../../src/core/sample.ts";
import { durations, load, sample } from "./samples.ts";

/** What waits, by the kernel's queue and by the probe's number of requests inside workers. */
function queued(queue: Sample["queue"], innerQueue: number | "unknown") {
  return queuedNow(sample(0, { queue, load: innerQueue === "unknown" ? "unknown" : load({ innerQueue }) }));
}

Deno.test("what waits is in the kernel and inside workers", () => assertEquals(queued(3, 2), 5));

Deno.test("nothing waits where both are empty", () => assertEquals(queued(0, 0), 0));

Deno.test("what waits is the kernel's queue where workers tell nothing", () => {
  assertEquals(queued(3, "unknown"), 3);
});

Deno.test("what waits inside workers counts where the kernel's queue is not known", () => {
  assertEquals(queued("unknown", 1), 1);
});

Deno.test("nothing inside workers says nothing of the kernel's queue", () => {
  assertEquals(queued("unknown", 0), "unknown");
});

Deno.test("what waits is not known where neither is", () => {
  assertEquals(queued("unknown", "unknown"), "unknown");
});

Deno.test("where the accept queue cannot be read, the waits of requests that have begun tell how many wait", () => {
  const queued = (queue: Sample["queue"], innerQueue: number) =>
    queuedNow(
      sample(0, { queue, elapsedMs: 100, load: load({ innerQueue, started: 2, wait: durations(4, 370) }) }),
    );
  // 20/s x 0.37 s, whatever share of the waits is measured.
  assertEquals(queued("unknown", 0), 7);
  assertEquals(queued("unknown", 2), 7, "those inside workers are among them");
  assertEquals(queued(3, 2), 5, "what can be read is no estimate");
  const brief = load({ started: 200, wait: durations(200, 4) });
  assertEquals(
    queuedNow(sample(0, { queue: "unknown", load: brief })),
    "unknown",
    "a step of the kernel's clock",
  );
});

Deno.test("what waits, as a number: nothing known counts as none", () => {
  assertEquals(queuedOrNone(sample(0, { queue: 3, load: load({ innerQueue: 2 }) })), 5);
  assertEquals(queuedOrNone(sample(0, { queue: "unknown", load: load({ innerQueue: 2 }) })), 2);
  assertEquals(queuedOrNone(sample(0, { queue: "unknown", load: "unknown" })), 0);
});
