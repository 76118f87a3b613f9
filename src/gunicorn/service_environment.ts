/** systemd's variables in our environment, and how gunicorn gets them. */

/**
 * Not for gunicorn, which would notify systemd with a pid that is not the service's.
 * The user's hooks and application may notify too: the probe gives them these back from under _AUTOSCALER_ and the name,
 * of which none comes first: setproctitle finds the arguments before the first variable.
 */
export const OURS: readonly string[] = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"];

/**
 * What a program that starts gunicorn itself gets beside our environment: gunicorn reads our config from GUNICORN_CMD_ARGS.
 * The config takes exactly this ending off again.
 */
export function withCmdArgs(
  environment: Readonly<Record<string, string>>,
  wrapperConfig: string,
): Record<string, string> {
  const quoted = /^[\w@%+=:,./-]+$/.test(wrapperConfig)
    ? wrapperConfig
    : `'${wrapperConfig.replaceAll("'", `'"'"'`)}'`;
  return { GUNICORN_CMD_ARGS: `${environment["GUNICORN_CMD_ARGS"] ?? ""} -c ${quoted}` };
}

/** Sockets that systemd has opened for us (socket activation): how many; 0 for none, or when they are another's. */
export function activatedSockets(environment: Readonly<Record<string, string>>, ownPid: number): number {
  if (Number(environment["LISTEN_PID"]) !== ownPid) return 0;
  const sockets = Number(environment["LISTEN_FDS"]);
  return Number.isInteger(sockets) && sockets > 0 ? sockets : 0;
}

/** The words that start gunicorn with its own pid in LISTEN_PID: what has another pid there takes no socket. */
export function withListenPid(words: readonly string[]): string[] {
  return ["/bin/sh", "-c", 'export LISTEN_PID=$$; exec "$@"', "sh", ...words];
}
