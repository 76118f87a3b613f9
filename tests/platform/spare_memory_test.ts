import { assertEquals } from "@std/assert";
import { giveBackSpareMemory, keepMemorySmall } from "../../src/platform/spare_memory.ts";
import { until } from "../support/wait.ts";

type WithCollector = { gc?: ((options: unknown) => void) | undefined };

/** Counts V8's collections, until it is disposed. */
function collections() {
  const holder = globalThis as WithCollector;
  const own = holder.gc;
  const counted = {
    count: 0,
    [Symbol.dispose]: () => {
      holder.gc = own;
    },
  };
  holder.gc = () => void counted.count++;
  return counted;
}

Deno.test("spare memory is given back with V8's collector and without it", () => {
  using counted = collections();
  giveBackSpareMemory();
  assertEquals(counted.count, 1);
  (globalThis as WithCollector).gc = undefined;
  giveBackSpareMemory();
});

Deno.test("spare memory is given back again and again, until that is ended", async () => {
  using counted = collections();
  {
    using _small = keepMemorySmall(() => false, 1, 1);
    await until(() => counted.count >= 3, { what: "three collections" });
  }
  // Timers that are left would fail the test.
  keepMemorySmall(() => false, 60_000)[Symbol.dispose]();
});

Deno.test("while it is quiet, spare memory is given back once, and then in each twentieth round", async () => {
  using counted = collections();
  let rounds = 0;
  const isQuiet = () => {
    rounds++;
    return true;
  };
  using _small = keepMemorySmall(isQuiet, 1, 1);
  await until(() => rounds > 45, { what: "45 rounds" });
  assertEquals(counted.count, 1 + Math.ceil(rounds / 20));
});
