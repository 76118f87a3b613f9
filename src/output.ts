import { UserError } from "./error_text.ts";
import { fileProblem } from "./platform/files/file_problem.ts";

/** Standard output took nothing more, as on a full disk. */
export class OutputError extends UserError {
  constructor(cause: unknown) {
    super(`Cannot write to standard output: ${fileProblem(cause)}, send it elsewhere`, { cause });
  }
}

/**
 * Prints a line to standard output. A reader that has left (`| head`) is no error.
 * @throws {OutputError}
 */
export function print(text = ""): void {
  write(`${text}\n`);
}

/**
 * Writes to standard output.
 * @returns false when its reader has left
 * @throws {OutputError}
 */
export function write(text: string): boolean {
  const bytes = new TextEncoder().encode(text);
  try {
    for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) return false;
    throw new OutputError(error);
  }
}
