import { assertEquals } from "@std/assert";
import type { Arbiter } from "../../../src/sensors/probe/arbiter_reading.ts";
import type { SlotsReading } from "../../../src/sensors/probe/probe_slots.ts";
import { WakeReader } from "../../../src/sensors/probe/wake_reader.ts";
import { load } from "../../core/samples.ts";

const SECOND_NS = 1e9;
const asleep = (wakes: number, wokenNs = 0) =>
  ({ sleep: { isPossible: true, wakes, wokenNs }, forkServer: { state: "ready" } }) as Arbiter;

function slots(readyNs: readonly number[], finished = 0, serviceMs = 0): SlotsReading {
  return {
    load: readyNs.length === 0 ? "unknown" : load({ finished, serviceMs }),
    workers: readyNs.map((readyNs) => ({ readyNs })),
  } as unknown as SlotsReading;
}

const answers = (reader: WakeReader, ...steps: Parameters<WakeReader["read"]>[]) =>
  steps.map((step) => reader.read(...step)?.firstAnswerMs);

Deno.test("the first answer: the first worker's becoming ready, and its service", () => {
  const woken = asleep(1, 10 * SECOND_NS);
  assertEquals(
    answers(
      new WakeReader(),
      [asleep(0), slots([]), 9 * SECOND_NS],
      [woken, slots([0]), 10.1 * SECOND_NS],
      [woken, slots([10.25 * SECOND_NS]), 10.3 * SECOND_NS],
      [woken, slots([10.25 * SECOND_NS, 10.5 * SECOND_NS], 4, 40), 10.6 * SECOND_NS],
      [woken, slots([10.25 * SECOND_NS], 9, 900), 10.7 * SECOND_NS],
    ),
    ["unknown", "unknown", "unknown", 260, 260],
  );
});

Deno.test("where a worker served that still drained, it has ended by now", () => {
  const reader = new WakeReader();
  assertEquals(answers(reader, [asleep(1, 10 * SECOND_NS), slots([SECOND_NS], 1, 5), 10.1 * SECOND_NS]), [
    100,
  ]);
});

Deno.test("each waking has its own, and what a worker served before is none", () => {
  const reader = new WakeReader();
  const [first, second] = [asleep(1, 10 * SECOND_NS), asleep(2, 20 * SECOND_NS)];
  assertEquals(
    answers(
      reader,
      [first, slots([10.02 * SECOND_NS], 1, 10), 10.1 * SECOND_NS],
      [second, slots([]), 20 * SECOND_NS],
      [second, slots([20.05 * SECOND_NS], 1, 5), 20.1 * SECOND_NS],
    ),
    [30, "unknown", 55],
  );
});

Deno.test("without the master's words, or without the probe, nothing is reported", () => {
  assertEquals(answers(new WakeReader(), [undefined, slots([]), 1], [asleep(1), undefined, 1]), [
    undefined,
    undefined,
  ]);
});
