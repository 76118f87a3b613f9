/**
 * Runs tests against one copy of the tree after the other, in one process: starting `deno test` takes longer than most
 * mutants live. Takes a file with a list of orders and the number of the first to carry out; says a line for each:
 * "3: passed", or "3: failed: " and the test. A timed order has a line for each test file before it, "took PATH MS".
 *
 * A copy has a path of its own, so that its modules are loaded anew.
 */

export interface Order {
  /** The copy. */
  readonly folder: string;
  /** Paths in the copy; run in this order until one fails. */
  readonly tests: readonly string[];
  /** Say how long each took. */
  readonly isTimed: boolean;
}

interface Test {
  readonly name: string;
  readonly run: (t: Deno.TestContext) => void | Promise<void>;
}

let collected: Test[] = [];

/** The two things that the tests of the core use of Deno's test runner: `Deno.test(name, fn)` and `t.step(name, fn)`. */
const collect = (name: string, run: Test["run"]) => void collected.push({ name, run });
const context = {
  async step(_name: string, run: Test["run"]): Promise<boolean> {
    await run(context);
    return true;
  },
} as Deno.TestContext;

/** The first failure, in a line; undefined when all passed. */
async function failureOf(order: Order): Promise<string | undefined> {
  for (const path of order.tests) {
    collected = [];
    let name = path;
    const fromMs = performance.now();
    try {
      await import(`file://${order.folder}/${path}`);
      if (collected.length === 0) return `${path}: there are no tests in it`;
      for (const test of collected) {
        name = test.name;
        await test.run(context);
      }
    } catch (error) {
      return `${name}: ${String(error).replace(/\s+/g, " ")}`;
    }
    if (order.isTimed) console.log(`took ${path} ${performance.now() - fromMs}`);
  }
  return undefined;
}

if (import.meta.main) {
  Object.defineProperty(Deno, "test", { value: collect });
  const [path, first] = Deno.args as [string, string];
  const orders = JSON.parse(Deno.readTextFileSync(path)) as Order[];
  for (let i = Number(first); i < orders.length; i++) {
    const failure = await failureOf(orders[i]!);
    console.log(`${i}: ${failure === undefined ? "passed" : `failed: ${failure}`}`);
  }
}
