import type { Flags } from "../cli/cli.ts";
import { fileProblem } from "../platform/file_problem.ts";
import { variable } from "../settings/environment.ts";
import { ENV_FILE_VARIABLE, type Resolved, resolveSettings } from "../settings/settings_sources.ts";

/**
 * Reads the settings of a command from its flags, the environment and the .env file.
 *
 * @param machine what the default maximum follows from
 * @param recorded settings of a recording, for what nothing else says
 */
export function readSettings(
  flags: Flags,
  machine: { readonly cores: number; readonly isWholeMachine?: boolean },
  recorded: ReadonlyMap<string, string> = new Map(),
): Resolved {
  const named = flags.envFile ?? (variable(ENV_FILE_VARIABLE)?.trim() || undefined);
  const errors: string[] = [];
  const warnings: string[] = [];
  const { text: envFile, problem } = named === undefined ? readApplicationsFile() : readEnvFile(named);
  // A file that is named must exist. One in the working folder is the application's, and may be anything.
  if (named === "") {
    errors.push("Cannot use --env-file=: it is empty, name a file or leave it out");
  } else if (problem !== undefined && named !== undefined) {
    const by = flags.envFile === undefined ? ENV_FILE_VARIABLE : "--env-file";
    errors.push(`Cannot read ${named}: ${problem.why}, correct ${by} or leave it out`);
  } else if (problem !== undefined && !problem.isMissing) {
    warnings.push(`.env is left out: ${problem.why}`);
  }
  const resolved = resolveSettings({
    flags: flags.settings,
    environment: Deno.env.toObject(),
    envFile,
    ...machine,
    recorded,
  });
  return {
    ...resolved,
    errors: [...errors, ...resolved.errors],
    warnings: [...warnings, ...resolved.warnings],
  };
}

interface EnvFile {
  /** "" when it cannot be read. */
  readonly text: string;
  readonly problem?: { readonly why: string; readonly isMissing: boolean };
}

/** A pipe, as a password manager mounts one, is the application's to read: opening it may wait for ever. */
function readApplicationsFile(): EnvFile {
  let isPipe: boolean;
  try {
    isPipe = Deno.statSync(".env").isFifo === true;
  } catch (error) {
    return unreadable(error);
  }
  if (!isPipe) return readEnvFile(".env");
  return {
    text: "",
    problem: { why: "it is a pipe, name it with --env-file to have it read", isMissing: false },
  };
}

function readEnvFile(path: string): EnvFile {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(Deno.readFileSync(path));
    if (text.includes("\0")) throw new TypeError("a NUL byte");
    return { text };
  } catch (error) {
    return unreadable(error);
  }
}

function unreadable(error: unknown): EnvFile {
  const isMissing = error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;
  const why = error instanceof TypeError ? "it is no text" : fileProblem(error);
  return { text: "", problem: { why, isMissing } };
}
