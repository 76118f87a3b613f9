import { UserError, whyNotListening } from "../../error_text.ts";
import { type Address, addressText } from "../../settings/setting_types.ts";

/**
 * Opens a TCP listener for the status server.
 * @throws UserError "Cannot serve status on HOST:PORT: ..." with what to do
 */
export function listenTcp({ host, port }: Address): Deno.Listener {
  try {
    return Deno.listen({ hostname: host, port });
  } catch (error) {
    const address = addressText({ host, port });
    throw new UserError(
      `Cannot serve status on ${address}: ${
        whyNotListening(error)
      }, set --status-addr to a free address of this machine`,
      { cause: error },
    );
  }
}

/** Name of the unix socket in the runtime folder. */
export const CONTROL_SOCKET = "control.sock";

/**
 * Opens the private unix socket. The folder keeps others out before the mode does.
 * @throws when it cannot: a path of more than 106 bytes (see shortPath), a file system without sockets
 */
export function listenUnix(path: string): Deno.Listener {
  // Deno removes the name it was bound under when the listener closes, which may be a later socket's by then.
  const bound = `${path}~`;
  const listener = Deno.listen({ transport: "unix", path: bound });
  try {
    Deno.chmodSync(bound, 0o600);
    Deno.renameSync(bound, path);
  } catch (error) {
    listener.close();
    throw error;
  }
  return listener;
}
