import { assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { giveBackSpareMemory, SpareMemory } from "../../src/platform/spare_memory.ts";
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

const NEVER = { firstMs: 60_000, againMs: 60_000, changeMs: 60_000, seldomMs: 60_000 };

Deno.test("spare memory is given back again and again, until that is ended", async () => {
  using counted = collections();
  {
    using _memory = new SpareMemory({ ...NEVER, firstMs: 1, againMs: 1 });
    await until(() => counted.count >= 3, { what: "three collections" });
  }
  // Timers that are left would fail the test.
  new SpareMemory()[Symbol.dispose]();
});

Deno.test("once it is quiet, spare memory is given back once, and then seldom; after that as before", async () => {
  using counted = collections();
  using memory = new SpareMemory({ ...NEVER, againMs: 1, changeMs: 2 });
  for (let i = 0; i < 100; i++) {
    memory.note(true); // at each tick
    await delay(1);
  }
  assertEquals(counted.count, 1);
  memory.note(false);
  await until(() => counted.count >= 4, { what: "collections again" });
});

Deno.test("a quiet time that is over at once gives nothing back, and many of them do not keep it from being given", async () => {
  using counted = collections();
  const againMs = 50;
  using memory = new SpareMemory({ ...NEVER, againMs, changeMs: 1 });
  const fromMs = performance.now();
  for (let isQuiet = true; performance.now() < fromMs + againMs; isQuiet = !isQuiet) memory.note(isQuiet);
  assertEquals(counted.count, 0);
  await until(() => {
    memory.note(true);
    memory.note(false);
    return counted.count > 0;
  }, { what: "a collection" });
});
