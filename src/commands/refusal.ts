/** The command line or a setting is invalid; shells and gunicorn use the same code. */
export const BAD_USAGE = 2;
/** Any other failure: a taken port, a folder that cannot be written, no running instance. */
export const FAILED = 1;

/** Neither the command line nor a configuration names what to serve. */
export const NO_APPLICATION =
  "Cannot start: no application is named, add one such as myapp:app, or a config with -c";

/** What a terminal obeys instead of showing it: a file that is quoted may hold anything. */
const CONTROL = /(?!\n)\p{Cc}/gu;

/** Prints the errors to standard error, a line each, and returns the exit code. */
export function refuse(messages: readonly string[], exitCode: number): number {
  messages.forEach(tell);
  return exitCode;
}

/** Prints a line to standard error. */
export function tell(message: string): void {
  console.error(message.replace(CONTROL, "?"));
}
