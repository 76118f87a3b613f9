import { errorText } from "../error_text.ts";
import { shellWords } from "./arguments.ts";

/** Thrown when there is no gunicorn to start; the exit code is the shell's for "command not found". */
export class GunicornNotFound extends Error {
  readonly exitCode = 127;
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
  const [program, ...rest] = words;
  if (program === undefined || program === "") {
    throw new GunicornNotFound("Cannot start gunicorn: --gunicorn is empty, name a command");
  }
  if (program.includes("/")) {
    if (isExecutable(program)) return words;
    throw new GunicornNotFound(
      `Cannot start gunicorn: ${program} is not an executable file, correct --gunicorn`,
    );
  }
  for (const folder of [...(path ?? "").split(":").filter((f) => f !== ""), ownFolder]) {
    if (isExecutable(`${folder}/${program}`)) return [`${folder}/${program}`, ...rest];
  }
  throw new GunicornNotFound(
    `Cannot start gunicorn: ${program} is not on PATH, install it (pip install gunicorn), activate its environment, ` +
      'or name it with --gunicorn (such as --gunicorn "python -m gunicorn")',
  );
}

function isExecutable(path: string): boolean {
  try {
    const info = Deno.statSync(path);
    return info.isFile && (info.mode === null || (info.mode & 0o111) !== 0);
  } catch {
    return false;
  }
}
