import { assertEquals } from "@std/assert";
import { mutantsOf, mutated } from "./mutants.ts";

/** All that a line of code is turned into. */
function made(code: string): string[] {
  return mutantsOf("code.ts", code).map((mutant) => mutated(code, mutant));
}

Deno.test("what each piece of code is turned into", async (t) => {
  const cases: [code: string, mutants: string[]][] = [
    ["a < b;", ["a <= b;", "a >= b;"]],
    ["a >= b;", ["a > b;", "a < b;"]],
    ["a === b;", ["a !== b;"]],
    ["a && b;", ["a || b;"]],
    ["(a - b) / c;", ["(a + b) / c;", "(a - b) * c;"]],
    ["a += b;", ["a -= b;"]],
    ["f(3);", ["f(4);", "f(6);", "f(0);"]],
    ["f(1);", ["f(2);", "f(0);"]],
    ["f(0);", ["f(1);"]],
    ["f(true);", ["f(false);"]],
    ["f(-a);", ["f(a);"]],
    ["Math.max(a, b);", ["Math.min(a, b);"]],
    ["Math.floor(a);", ["Math.ceil(a);"]],
    ["if (a) f();", ["if (!(a)) f();"]],
    ["if (!a) f();", ["if (a) f();"]],
    ["if (a > b) f();", ["if (a >= b) f();", "if (a <= b) f();"]],
    ["if (a && b) f();", ["if (!(a && b)) f();", "if (a || b) f();"]],
    ["f(a ? b : c);", ["f(!(a) ? b : c);"]],
  ];
  for (const [code, mutants] of cases) {
    await t.step(code, () => assertEquals(made(code), mutants));
  }
});

Deno.test("strings, comments, types and indices stay as they are", () => {
  for (
    const code of [
      'f("1 < 2 && true");',
      'f("a" + b);',
      "f(`2 ** ${a}`);",
      "// 1 < 2\n/* a && b */ f();",
      "type A = 1 | true;",
      "interface A { readonly b: 3 }",
      "f<0>(a);",
      "let a: 3 | 4;",
      "a[0];",
    ]
  ) assertEquals(made(code), [], code);
});

Deno.test("what stands under a type is found", () => {
  assertEquals(made("const a: number = (2 as number)!;").length, 3);
  assertEquals(made("f({ a: 2 } satisfies A);").length, 3);
});

Deno.test("a mutant is named by its line and by what changes", () => {
  const [first] = mutantsOf("code.ts", "f();\n  if (a < b) f();\n");
  assertEquals([first!.line, first!.code, first!.change], [2, "if (a < b) f();", "< → <="]);
});
