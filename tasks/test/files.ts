/** Test files in the repository, as `deno test` finds them. */
import type { TestFile } from "./plan.ts";

const TEST_FILE = /(^|[_.])test\.(ts|tsx|mts|js|mjs|jsx)$/;

/**
 * The file itself, or all test files in the folder and below it.
 * @throws when there is no such path
 */
export function testFiles(root: string, path: string, ignored: readonly string[]): TestFile[] {
  if (ignored.some((one) => path === one || path.startsWith(`${one}/`))) return [];
  const full = path.startsWith("/") ? path : `${root}/${path}`;
  if (Deno.statSync(full).isFile) return [path];
  return [...Deno.readDirSync(full)].flatMap(({ name, isDirectory }) => {
    if (isDirectory) {
      return name.startsWith(".") || name === "node_modules"
        ? []
        : testFiles(root, `${path}/${name}`, ignored);
    }
    return TEST_FILE.test(name) ? testFiles(root, `${path}/${name}`, ignored) : [];
  });
}
