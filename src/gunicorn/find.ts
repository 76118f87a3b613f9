import { errorText } from "../error_text.ts";
import { shellWords } from "./arguments.ts";

/** Thrown when gunicorn is not found; the exit code is the shell's for "command not found". */
export class GunicornNotFound extends Error {
  readonly exitCode: number = 127;
}

/** Thrown when gunicorn is found and cannot be executed; the exit code is the shell's for that. */
export class GunicornNotExecutable extends GunicornNotFound {
  override readonly exitCode: number = 126;
}

/**
 * The words that start gunicorn: the command split as a shell would, its first word looked up on PATH and then beside our
 * own program (a wheel puts both into the same bin folder, which is on PATH only in an activated environment).
 *
 * @throws GunicornNotFound
 */
export function findGunicorn(command: string, path: string | undefined, ownFolder: string): string[] {
  let words: string[];
  try {
    words = shellWords(command);
  } catch (error) {
    throw new GunicornNotFound(
      `Cannot read --gunicorn=${command}: ${errorText(error)}, close the quote`,
    );
  }
  const [program] = words;
  if (program === undefined || program === "") {
    throw new GunicornNotFound("Cannot start gunicorn: --gunicorn is empty, name a command");
  }
  const found = onPath(words, `${path ?? ""}:${ownFolder}`);
  if (found !== undefined) return found;
  if (program.includes("/")) {
    throw new GunicornNotFound(
      `Cannot start gunicorn: ${program} is not an executable file, correct --gunicorn`,
    );
  }
  throw new GunicornNotFound(
    `Cannot start gunicorn: ${program} is not on PATH, install it (pip install gunicorn), activate its environment, ` +
      'or name it with --gunicorn (such as --gunicorn "python -m gunicorn")',
  );
}

/**
 * A program's words, its first word looked up on PATH.
 *
 * @throws GunicornNotFound
 */
export function findWords(words: readonly string[], path: string | undefined): string[] {
  const found = onPath(words, path ?? "");
  if (found !== undefined) return found;
  throw new GunicornNotFound(
    `Cannot exec ${words[0]}: there is no such program, correct its name or put its folder on PATH`,
  );
}

function onPath([program = "", ...rest]: readonly string[], path: string): string[] | undefined {
  const places = program.includes("/")
    ? [program]
    : path.split(":").filter((folder) => folder !== "").map((folder) => `${folder}/${program}`);
  const found = places.find(isExecutable);
  return found === undefined ? undefined : [found, ...rest];
}

function isExecutable(path: string): boolean {
  try {
    const info = Deno.statSync(path);
    return info.isFile && (info.mode === null || (info.mode & 0o111) !== 0);
  } catch {
    return false;
  }
}
