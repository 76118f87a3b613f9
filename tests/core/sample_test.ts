import { assertEquals } from "@std/assert";
import { queuedNow, queuedOrNone, type Sample } from "../../src/core/sample.ts";
import { load, sample } from "./samples.ts";

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

Deno.test("what waits, as a number: nothing known counts as none", () => {
  assertEquals(queuedOrNone(sample(0, { queue: 3, load: load({ innerQueue: 2 }) })), 5);
  assertEquals(queuedOrNone(sample(0, { queue: "unknown", load: load({ innerQueue: 2 }) })), 2);
  assertEquals(queuedOrNone(sample(0, { queue: "unknown", load: "unknown" })), 0);
});
