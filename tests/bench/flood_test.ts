import { assert, assertEquals } from "@std/assert";
import { flood } from "../../bench/endurance/flood.ts";

Deno.test("every packet of a flood is read or counted as dropped, decisions continue, and memory stays flat", async () => {
  const { sent, packets, dropped, ticks, seconds, rssMib: [before, after] } = await flood(2, 100_000);
  assert(sent > 0, `${sent} sent`);
  assertEquals(packets + dropped, sent);
  // Every 100 ms; a tenth of that is left for a machine that is busy with other things.
  assert(ticks >= seconds, `${ticks} ticks in ${seconds} s`);
  assert(after - before < 64, `${before} MiB before, ${after} MiB after`);
});
