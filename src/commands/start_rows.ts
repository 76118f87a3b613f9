import { activatedSockets } from "../gunicorn/service_environment.ts";
import { serviceManager } from "../status/systemd/notify_socket.ts";

/** The processes and the environment around gunicorn at its start. */
export interface StartSurroundings {
  /** The words that start gunicorn, or the program that starts it. */
  readonly words: readonly string[];
  /** They are a program that starts gunicorn itself. */
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

/** Programs that run another one as another user. */
const USER_CHANGERS = [
  "gosu",
  "su-exec",
  "setpriv",
  "runuser",
  "su",
  "sudo",
  "setuidgid",
  "s6-setuidgid",
  "chpst",
];

/**
 * Why gunicorn cannot be started by a launcher that gives up root: it could not read the runtime folder, which is ours
 * alone. undefined when there is none.
 */
export function userChangeProblem(words: readonly string[], uid: number | null): string | undefined {
  if (uid !== 0) return undefined;
  const at = words.findIndex((word) => USER_CHANGERS.includes(word.split("/").at(-1)!));
  if (at < 0) return undefined;
  const name = words[at]!.split("/").at(-1)!;
  const rest = words.slice(at + 1);
  if (name === "setpriv" && !rest.some((word) => word.startsWith("--reuid"))) return undefined;
  if (["root", "0", "root:root", "0:0"].includes(rest[0] ?? "")) return undefined;
  return `Cannot start gunicorn through ${name}: the user it changes to cannot read our runtime folder, put ${name} before ` +
    `gunicorn-autoscaler (${name} USER gunicorn-autoscaler ...)`;
}
