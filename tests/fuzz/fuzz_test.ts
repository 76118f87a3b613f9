import { assertEquals, assertRejects } from "@std/assert";
import { fuzz, type Fuzzer, mustHold } from "./fuzzer.ts";
import { FUZZERS } from "./fuzzers.ts";

const SEED = 1;

for (const [make, inputs] of FUZZERS) {
  Deno.test(`Whatever comes, ${make.name.replace("Fuzzer", "")} input is read or refused (${inputs}, seed ${SEED})`, async () => {
    const report = await fuzz(make(), SEED, (done) => done >= inputs);
    assertEquals(report.inputs, inputs);
  });
}

Deno.test("A fuzzer that finds something says with which seed and input, and finds it there again", async () => {
  const seen: number[] = [];
  const picky: Fuzzer = {
    name: "picky",
    unit: "numbers",
    one(random) {
      const number = random();
      seen.push(number);
      mustHold(number < 0.99, () => `${number} is small`);
      return 1;
    },
  };
  const find = () =>
    assertRejects(() => fuzz(picky, 7, (inputs) => inputs >= 10_000), Error, "picky, seed 7, input ");
  const first = await find();
  const [at, number] = [seen.length, seen.at(-1)];
  assertEquals(
    first.message.includes(`input ${at - 1}: it does not hold that ${number} is small`),
    true,
    first.message,
  );
  const second = await find();
  assertEquals(second.message, first.message);
});
