/**
 * Loaded before each test module (`deno test --preload`): a test that hangs fails after a time limit, with its name, and the
 * others go on. Deno itself has no such limit.
 */

/** Longest time a test may take, in minutes. The longest test there is takes about four on a busy machine. */
const LIMIT_MINUTES = 8;
const LIMIT_MS = Number(Deno.env.get("TEST_LIMIT_MS") ?? LIMIT_MINUTES * 60_000);

type Body = (context: Deno.TestContext) => void | Promise<void>;

/** `body` that fails once the limit has passed. What it started is ended by its own disposal or with the module. */
function limited(body: Body): Body {
  return async (context) => {
    let timer: number | undefined;
    const late = new Promise<never>((_, reject) => {
      const fail = () => reject(new Error(`did not end within ${LIMIT_MS / 1000} s`));
      timer = setTimeout(fail, LIMIT_MS);
    });
    try {
      await Promise.race([body(context), late]);
    } finally {
      clearTimeout(timer);
    }
  };
}

const original = Deno.test;

// The body is the last argument, or the property fn of one of the others.
const wrapped = (...given: unknown[]): void => {
  const args = given.map((one) => {
    if (typeof one === "function") {
      const body = limited(one as Body);
      Object.defineProperty(body, "name", { value: one.name });
      return body;
    }
    const fn = (one as { fn?: Body } | null)?.fn;
    return typeof fn === "function" ? { ...one as object, fn: limited(fn) } : one;
  });
  (original as unknown as (...args: unknown[]) => void)(...args);
};

Object.defineProperty(Deno, "test", { value: Object.assign(wrapped, original), configurable: true });
