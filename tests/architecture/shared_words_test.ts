/** The probe and the autoscaler name the words that they share alike: Python has them once, TypeScript again. */
import { assertEquals, assertGreater } from "@std/assert";
import { kindOf } from "../../src/sensors/probe/shared_words.ts";
import { read } from "./modules.ts";

/** The numbers that a module of the probe has at its top, by name. */
async function numbersOf(module: string): Promise<Record<string, number>> {
  const script = `import json, ${module} as m
print(json.dumps({k: v for k, v in vars(m).items() if k.isupper() and isinstance(v, int)}))`;
  const { stdout } = await new Deno.Command("python3", {
    args: ["-B", "-c", script],
    cwd: new URL("../../probe/gunicorn_autoscaler_probe", import.meta.url),
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout)) as Record<string, number>;
}

/** Constants of a TypeScript module whose value is a number, by name. */
function constantsOf(path: string): [name: string, value: number][] {
  return [...read(path).matchAll(/\b([A-Z][A-Z_]+) = (\d+)(?=[,;])/g)].map((
    [, name, value],
  ) => [name!, Number(value)]);
}

const words = await numbersOf("words");

for (const [path, prefix] of [["slot.ts", ""], ["arbiter_words.ts", "A_"]] as const) {
  Deno.test(`${path} has each word where words.py has it`, () => {
    const shared = constantsOf(`src/sensors/probe/${path}`).filter(([name]) => prefix + name in words);
    assertGreater(shared.length, 20);
    assertEquals(shared, shared.map(([name]) => [name, words[prefix + name]!]));
  });
}

Deno.test("a worker class has the same number in kinds.py and in shared_words.ts", async () => {
  const kinds = Object.entries(await numbersOf("kinds")).filter(([name]) => !name.startsWith("_"));
  assertGreater(kinds.length, 8);
  for (const [name, number] of kinds) assertEquals(kindOf(number), name.toLowerCase());
});
