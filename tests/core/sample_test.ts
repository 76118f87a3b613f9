import { assertEquals } from "@std/assert";
import { queuedNow, queuedOrNone, type Sample } from "../../src/core/sample.ts";
import { load, sample } from "./samples.ts";

Deno.test("what waits is what is known of it: in the kernel, inside workers, or both", () => {
  const queued = (queue: Sample["queue"], innerQueue: number | "unknown") =>
    queuedNow(sample(0, { queue, load: innerQueue === "unknown" ? "unknown" : load({ innerQueue }) }));
  assertEquals(queued(3, 2), 5);
  assertEquals(queued(3, "unknown"), 3);
  assertEquals(queued(0, 0), 0);
  assertEquals(queued("unknown", 2), 2);
  assertEquals(queued("unknown", 1), 1);
  // Nothing inside workers says nothing of the kernel's queue.
  assertEquals(queued("unknown", 0), "unknown");
  assertEquals(queued("unknown", "unknown"), "unknown");
});

Deno.test("what waits, as a number: nothing known counts as none", () => {
  assertEquals(queuedOrNone(sample(0, { queue: 3, load: load({ innerQueue: 2 }) })), 5);
  assertEquals(queuedOrNone(sample(0, { queue: "unknown", load: load({ innerQueue: 2 }) })), 2);
  assertEquals(queuedOrNone(sample(0, { queue: "unknown", load: "unknown" })), 0);
});
