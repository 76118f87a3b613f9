import type { Flags } from "../cli/cli.ts";
import { fileProblem } from "../platform/files/file_problem.ts";
import { variable } from "../settings/environment.ts";
import { ENV_FILE_VARIABLE, type Resolved, resolveSettings } from "../settings/settings_sources.ts";

/** The environment of a process is no larger either. */
const MOST_MIB = 1;
/** A pipe may wait for somebody to allow what a password manager is to write into it. */
const LONGEST_MS = 60_000;

/**
 * Reads the settings of a command from its flags, the environment and the .env file.
 *
 * @param machine what the default maximum follows from
 * @param recorded settings of a recording, for what nothing else says
 * @param longestMs a .env file that is a pipe and has not ended by then is given up
 */
export async function readSettings(
  flags: Flags,
  machine: { readonly cores: number; readonly isWholeMachine?: boolean },
  recorded: ReadonlyMap<string, string> = new Map(),
  longestMs = LONGEST_MS,
): Promise<Resolved> {
  const named = flags.envFile ?? (variable(ENV_FILE_VARIABLE)?.trim() || undefined);
  const errors: string[] = [];
  const warnings: string[] = [];
  const { text: envFile, problem } = await (
    named === undefined ? readApplicationsFile(longestMs) : readEnvFile(named, longestMs)
  );
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
function readApplicationsFile(longestMs: number): EnvFile | Promise<EnvFile> {
  if (stat(".env")?.isFifo !== true) return readEnvFile(".env", longestMs);
  return {
    text: "",
    problem: { why: "it is a pipe, name it with --env-file to have it read", isMissing: false },
  };
}

async function readEnvFile(path: string, longestMs: number): Promise<EnvFile> {
  try {
    const { isFifo, isCharDevice, size = 0 } = stat(path) ?? {};
    if (size > MOST_MIB * 2 ** 20) throw new Error(`it has more than ${MOST_MIB} MiB`);
    const bytes = isFifo || isCharDevice
      ? (await import("../platform/files/given_pipe.ts")).readGivenPipe(path, MOST_MIB, longestMs)
      : Deno.readFileSync(path);
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    if (text.includes("\0")) throw new TypeError("a NUL byte");
    return { text };
  } catch (error) {
    return unreadable(error);
  }
}

/** undefined where it is not there. */
function stat(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch {
    return undefined;
  }
}

function unreadable(error: unknown): EnvFile {
  const isMissing = error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;
  const why = error instanceof TypeError ? "it is no text" : fileProblem(error);
  return { text: "", problem: { why, isMissing } };
}
