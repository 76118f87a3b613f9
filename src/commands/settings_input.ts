import type { Flags } from "../cli/cli.ts";
import { fileProblem } from "../platform/file_problem.ts";
import { ENV_FILE_VARIABLE, type Resolved, resolveSettings } from "../settings/settings_sources.ts";

/**
 * Reads the settings of a command from its flags, the environment and the .env file.
 *
 * @param cores what the default maximum follows from
 * @param recorded settings of a recording, for what nothing else says
 */
export function readSettings(
  flags: Flags,
  cores: number,
  recorded: ReadonlyMap<string, string> = new Map(),
): Resolved {
  const named = flags.envFile ?? Deno.env.get(ENV_FILE_VARIABLE);
  let envFile = "";
  const errors: string[] = [];
  try {
    envFile = Deno.readTextFileSync(named ?? ".env");
  } catch (error) {
    // That there is no .env in the working folder is the normal case; a file that was named must be there.
    if (named !== undefined) {
      errors.push(`Cannot read ${named}: ${fileProblem(error)}, correct --env-file or leave it out`);
    } else if (!(error instanceof Deno.errors.NotFound) && !(error instanceof Deno.errors.NotADirectory)) {
      errors.push(
        `Cannot read .env: ${fileProblem(error)}, make it readable or name another with --env-file`,
      );
    }
  }
  const resolved = resolveSettings({
    flags: flags.settings,
    environment: Deno.env.toObject(),
    envFile,
    cores,
    recorded,
  });
  return { ...resolved, errors: [...errors, ...resolved.errors] };
}
