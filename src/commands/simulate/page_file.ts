import { fileProblem } from "../../platform/files/file_problem.ts";

/** What stands for standard output in place of a file's name. */
export const STANDARD_OUTPUT = "-";

/**
 * Writes a page of charts.
 *
 * @param sources files that the page is made from
 * @throws Error "Cannot write ...", also where the page would take the place of a source
 */
export async function writePage(path: string, html: string, sources: readonly string[]): Promise<void> {
  if (sources.some((source) => isSameFile(source, path))) {
    throw new Error(`Cannot write ${path}: it is what the page is made from, name another file with --html`);
  }
  try {
    await Deno.writeTextFile(path, html);
  } catch (error) {
    throw new Error(`Cannot write ${path}: ${fileProblem(error, "folder")}, name another file with --html`);
  }
}

/** Whether both are one plain file; a device may be read and written. */
function isSameFile(one: string, other: string): boolean {
  try {
    const [a, b] = [Deno.statSync(one), Deno.statSync(other)];
    return a.isFile && a.dev === b.dev && a.ino === b.ino;
  } catch {
    return false; // one of them does not exist
  }
}
