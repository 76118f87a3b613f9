/**
 * Types for the few functions we use from the `deno-std` npm mirror of the Deno standard library, which ships
 * JavaScript only. When the imports move to jsr:@std/*, this file goes.
 */
declare module "npm:deno-std@1.4.0/assert/mod.js" {
  type Class<T> = abstract new (...args: never[]) => T;
  export class AssertionError extends Error {}
  export function assert(value: unknown, message?: string): asserts value;
  export function assertEquals<T>(actual: T, expected: T, message?: string): void;
  export function assertNotEquals<T>(actual: T, expected: T, message?: string): void;
  export function assertAlmostEquals(actual: number, expected: number, tolerance?: number, message?: string): void;
  export function assertGreater<T>(actual: T, expected: T, message?: string): void;
  export function assertGreaterOrEqual<T>(actual: T, expected: T, message?: string): void;
  export function assertLess<T>(actual: T, expected: T, message?: string): void;
  export function assertLessOrEqual<T>(actual: T, expected: T, message?: string): void;
  export function assertMatch(actual: string, expected: RegExp, message?: string): void;
  export function assertNotMatch(actual: string, expected: RegExp, message?: string): void;
  export function assertStringIncludes(actual: string, expected: string, message?: string): void;
  export function assertThrows<E extends Error = Error>(fn: () => unknown, type?: Class<E>, text?: string): E;
  export function assertRejects<E extends Error = Error>(
    fn: () => PromiseLike<unknown>,
    type?: Class<E>,
    text?: string,
  ): Promise<E>;
  export function assertExists<T>(actual: T, message?: string): asserts actual is NonNullable<T>;
  export function assertInstanceOf<T>(actual: unknown, type: Class<T>, message?: string): asserts actual is T;
  export function assertObjectMatch(actual: object, expected: object, message?: string): void;
  export function fail(message?: string): never;
}
declare module "npm:deno-std@1.4.0/text/levenshtein_distance.js" {
  export function levenshteinDistance(a: string, b: string): number;
}
declare module "npm:deno-std@1.4.0/cli/parse_args.js" {
  export function parseArgs(args: string[], options?: Record<string, unknown>): { _: string[]; [name: string]: unknown };
}
