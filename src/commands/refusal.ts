/** The command line, or a setting, asks for what cannot be done; shells and gunicorn have the same code for it. */
export const BAD_USAGE = 2;
/** Anything else that keeps a command from its work: a taken port, a folder that cannot be written, no running instance. */
export const FAILED = 1;

/** Says on standard error what is wrong, a line each, and returns the exit code. */
export function refuse(messages: readonly string[], exitCode: number): number {
  for (const message of messages) console.error(message);
  return exitCode;
}
