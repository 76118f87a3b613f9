import { errorText, UserError } from "../error_text.ts";
import { exists } from "../sensors/text_file.ts";
import { shellWords } from "./arguments.ts";

const HEAD_BYTES = 4096;
const SHELL = /^#!.*\b(?:ba|da|k|z)?sh\b/;
const OUR_NAME = /(?:^|[\s"'/;&|(])gunicorn-autoscaler(?=$|[\s"';&|)])/m;

/** Exit codes of a shell: for words that name no command, a program that is not there, and one that cannot be executed. */
const NOT_NAMED = 2, NOT_FOUND = 127;
export const NOT_EXECUTABLE = 126;

/** Why a command that was found does not start, as the system says it, and what to do. */
export function notStarted(program: string, problem: string): string {
  return `Cannot start ${program}: ${problem}, see that it and the interpreter of its first line exist and may be executed`;
}

/** The command cannot be started. */
export class CommandError extends UserError {
  constructor(message: string, readonly exitCode: number) {
    super(message);
  }
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
    throw new CommandError(
      `Cannot use --gunicorn=${command}: ${errorText(error)}, close the quote`,
      NOT_NAMED,
    );
  }
  const [program] = words;
  if (program === undefined || program === "") {
    throw new CommandError(`Cannot use --gunicorn=${command}: it is empty, name a command`, NOT_NAMED);
  }
  const places = placesOf(words, `${path ?? ""}:${ownFolder}`);
  const found = places.find((place) => !leadsToUs(place));
  if (found !== undefined) return [found, ...words.slice(1)];
  if (places.length > 0) {
    throw new CommandError(
      `Cannot start gunicorn: ${
        places[0]
      } starts gunicorn-autoscaler again, name gunicorn itself with --gunicorn`,
      NOT_FOUND,
    );
  }
  throw noProgram(
    `Cannot start gunicorn: ${program}`,
    program,
    "install it (pip install gunicorn), activate its environment, " +
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
  const program = words[0]!;
  throw noProgram(`Cannot exec ${program}: it`, program, "correct its name or put its folder on PATH");
}

/** Why a word is no program; one without a slash may name what is in the working folder, where no shell looks either. */
function noProgram(subject: string, program: string, elsewhere: string): CommandError {
  const says = (text: string, code: number) => new CommandError(`${subject} ${text}`, code);
  if (infoAt(program)?.isDirectory === true) return says("is a folder, name a program in it", NOT_EXECUTABLE);
  if (!program.includes("/")) {
    return says(`is not on PATH, ${isExecutable(program) ? `write ./${program}` : elsewhere}`, NOT_FOUND);
  }
  return exists(program)
    ? says("is not an executable file, correct its name or chmod +x it", NOT_EXECUTABLE)
    : says("does not exist, or this user may not see it: correct its name", NOT_FOUND);
}

/** Where the first word is a program, the first on PATH first. */
function placesOf([program = ""]: readonly string[], path: string): string[] {
  const places = program.includes("/")
    ? [program]
    : path.split(":").filter((folder) => folder !== "").map((folder) => `${folder}/${program}`);
  return places.filter(isExecutable);
}

function isExecutable(path: string): boolean {
  const info = infoAt(path);
  return info !== undefined && info.isFile && (info.mode === null || (info.mode & 0o111) !== 0);
}

function infoAt(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch {
    return undefined;
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
