import { activatedSockets } from "../gunicorn/service_environment.ts";
import { serviceManager } from "../status/systemd/notify_socket.ts";

/** The processes and the environment around gunicorn at its start. */
export interface StartSurroundings {
  /** The words that start gunicorn, or the program that starts it. */
  readonly words: readonly string[];
  /** The words are a program that starts gunicorn itself. */
  readonly isProgram: boolean;
  readonly environment: Readonly<Record<string, string>>;
  readonly ownPid: number;
}

/** Rows of `check` about a launcher, a program, and what systemd gives and wants. */
export function startRows(surroundings: StartSurroundings): [string, string][] {
  const { words, isProgram, environment, ownPid } = surroundings;
  const rows: [string, string][] = [];
  const name = words[0]?.split("/").at(-1) ?? "";
  if (name === "") {
    // It was not found, which is reported already.
  } else if (isProgram) {
    rows.push(["program", `${name}: gunicorn below it reads our config from GUNICORN_CMD_ARGS`]);
  } else if (!/^(gunicorn|python[\d.]*)$/.test(name)) {
    rows.push(["launcher", `${name}: gunicorn is found below it, scaled and signalled itself`]);
  }
  const sockets = activatedSockets(environment, ownPid);
  if (sockets > 0) rows.push(["sockets", `${sockets} from systemd: gunicorn serves them, not its --bind`]);
  else if (environment["LISTEN_FDS"] !== undefined) {
    rows.push(["sockets", `of another process (LISTEN_PID=${environment["LISTEN_PID"]}): not served`]);
  }
  const manager = serviceManager({ get: (variable) => environment[variable] }, ownPid);
  if (manager !== undefined) {
    const watchdog = manager.watchdogMs === undefined ? "" : `, alive every ${manager.watchdogMs / 2000} s`;
    rows.push([
      "systemd",
      `told of ready, reloads, stopping, status${watchdog}; gunicorn itself tells it nothing`,
    ]);
  }
  return rows;
}
