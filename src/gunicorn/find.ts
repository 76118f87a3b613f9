import { errorText, UserError } from "../error_text.ts";
import { exists } from "../sensors/text_file.ts";
import { shellWords } from "./arguments.ts";

const HEAD_BYTES = 4096;
const SHELL = /^#!.*\b(?:ba|da|k|z)?sh\b/;
const OUR_NAME = /(?:^|[\s"'/;&|(])gunicorn-autoscaler(?=$|[\s"';&|)])/m;

/** The command cannot be started; the exit code is a shell's for the same. */
export abstract class CommandError extends UserError {
  abstract readonly exitCode: number;
}

/** The words name no command. */
class CommandNotNamed extends CommandError {
  override readonly exitCode = 2;
}

/** There is no such program. */
class CommandNotFound extends CommandError {
  override readonly exitCode = 127;
}

/** The program is there and cannot be executed. */
export class CommandNotExecutable extends CommandError {
  override readonly exitCode = 126;
}

/**
 * The words that start gunicorn: the command split as a shell would, its first word looked up on PATH and then beside our
 * own program (a wheel puts both into the same bin folder, which is on PATH only in an activated environment). What only
 * starts us again is passed over.
 *
 * @throws CommandError
 */
export function findGunicorn(command: string, path: string | undefined, ownFolder: string): string[] {
  let words: string[];
  try {
    words = shellWords(command);
  } catch (error) {
    throw new CommandNotNamed(`Cannot use --gunicorn=${command}: ${errorText(error)}, close the quote`);
  }
  const [program] = words;
  if (program === undefined || program === "") {
    throw new CommandNotNamed(`Cannot use --gunicorn=${command}: it is empty, name a command`);
  }
  const places = placesOf(words, `${path ?? ""}:${ownFolder}`);
  const found = places.find((place) => !leadsToUs(place));
  if (found !== undefined) return [found, ...words.slice(1)];
  if (places.length > 0) {
    throw new CommandNotFound(
      `Cannot start gunicorn: ${
        places[0]
      } starts gunicorn-autoscaler again, name gunicorn itself with --gunicorn`,
    );
  }
  if (program.includes("/")) {
    throw exists(program)
      ? new CommandNotExecutable(
        `Cannot start gunicorn: ${program} is not an executable file, correct --gunicorn`,
      )
      : new CommandNotFound(`Cannot start gunicorn: there is no file ${program}, correct --gunicorn`);
  }
  throw new CommandNotFound(
    `Cannot start gunicorn: ${program} is not on PATH, install it (pip install gunicorn), activate its environment, ` +
      'or name it with --gunicorn (such as --gunicorn "python -m gunicorn")',
  );
}

/**
 * A program's words, its first word looked up on PATH.
 *
 * @throws CommandError
 */
export function findWords(words: readonly string[], path: string | undefined): string[] {
  const [found] = placesOf(words, path ?? "");
  if (found !== undefined) return [found, ...words.slice(1)];
  if (words[0]!.includes("/") && exists(words[0]!)) {
    throw new CommandNotExecutable(
      `Cannot exec ${words[0]}: it is not an executable file, correct its name or chmod +x it`,
    );
  }
  throw new CommandNotFound(
    `Cannot exec ${words[0]}: there is no such program, correct its name or put its folder on PATH`,
  );
}

/** Where the first word is a program, the first on PATH first. */
function placesOf([program = ""]: readonly string[], path: string): string[] {
  const places = program.includes("/")
    ? [program]
    : path.split(":").filter((folder) => folder !== "").map((folder) => `${folder}/${program}`);
  return places.filter(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    const info = Deno.statSync(path);
    return info.isFile && (info.mode === null || (info.mode & 0o111) !== 0);
  } catch {
    return false;
  }
}

/**
 * Whether a program called gunicorn only starts us, so that an image or a Procfile can stay as it is: a link to our program,
 * or a shell script that runs it.
 */
function leadsToUs(path: string): boolean {
  try {
    if (Deno.realPathSync(path) === Deno.realPathSync(Deno.execPath())) return true;
    const text = headOf(path);
    return SHELL.test(text) && OUR_NAME.test(text.replace(/^\s*#.*$/gm, ""));
  } catch {
    return false;
  }
}

/** The first 4 KiB of a file, as text. */
export function headOf(path: string): string {
  using file = Deno.openSync(path);
  const bytes = new Uint8Array(HEAD_BYTES);
  return new TextDecoder().decode(bytes.subarray(0, file.readSync(bytes) ?? 0));
}
