/** Notifies systemd: sd_notify(3) without its library. */
import { closeDatagram, connectUnix, sendDatagram } from "../../platform/datagram.ts";

/** What the environment says of the service manager. */
export interface ServiceManager {
  /** Sends lines such as READY=1; false when they could not go. */
  readonly send: (...lines: string[]) => boolean;
  /** A service that has not sent WATCHDOG=1 for this long is taken for dead, ms; undefined without a watchdog. */
  readonly watchdogMs: number | undefined;
}

/** The service manager that expects notifications; undefined without one. */
export function serviceManager(
  environment: { get(name: string): string | undefined },
  ownPid: number,
): ServiceManager | undefined {
  const path = environment.get("NOTIFY_SOCKET");
  if (path === undefined || !/^[/@]./.test(path)) return undefined;
  const watchdogUs = Number(environment.get("WATCHDOG_USEC"));
  const watched = environment.get("WATCHDOG_PID");
  const isWatched = watchdogUs > 0 && (watched === undefined || Number(watched) === ownPid);
  return { send: (...lines) => send(path, lines), watchdogMs: isWatched ? watchdogUs / 1000 : undefined };
}

function send(path: string, lines: readonly string[]): boolean {
  const socket = connectUnix(path);
  if (socket === undefined) return false;
  const isSent = sendDatagram(socket, new TextEncoder().encode(lines.join("\n")));
  closeDatagram(socket);
  return isSent;
}
