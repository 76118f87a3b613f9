import type { DaemonMode } from "../sensors/probe/prepared_start.ts";
import { variable } from "../settings/environment.ts";

/** Set in the process that goes on in the background; for no other program. */
export const BACKGROUND_MARK = "GUNICORN_AUTOSCALER_IN_BACKGROUND";

/**
 * What a gunicorn that is to be a daemon does. To be asked once, before settings are read: takes our mark out of the
 * environment. With a service manager to notify gunicorn stays in the foreground, as it does by itself.
 */
export function daemonMode(): DaemonMode {
  const isMarked = variable(BACKGROUND_MARK) !== undefined;
  Deno.env.delete(BACKGROUND_MARK);
  if (isMarked) return "background";
  return variable("NOTIFY_SOCKET") !== undefined ? "foreground" : "restart";
}
