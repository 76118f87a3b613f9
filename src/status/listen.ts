import { type Address, addressText } from "../setting_types.ts";

/**
 * Opens a TCP listener for the status server.
 * @throws Error "Cannot serve status on HOST:PORT: ..." with what to do
 */
export function listenTcp({ host, port }: Address): Deno.Listener {
  try {
    return Deno.listen({ hostname: host, port });
  } catch (error) {
    const why = error instanceof Deno.errors.AddrInUse
      ? "the port is taken"
      : error instanceof Deno.errors.AddrNotAvailable
      ? "this machine does not have the address"
      : error instanceof Deno.errors.PermissionDenied
      ? "that port needs more rights"
      : error instanceof Error
      ? error.message
      : String(error);
    throw new Error(
      `Cannot serve status on ${addressText({ host, port })}: ${why}, set --status-addr to a free one`,
      { cause: error },
    );
  }
}

/** Name of the unix socket in the runtime folder. */
export const CONTROL_SOCKET = "control.sock";

/**
 * Opens the private unix socket. The folder keeps others out before the mode does.
 * @throws when it cannot: a path of more than 107 bytes, a file system without sockets
 */
export function listenUnix(path: string): Deno.Listener {
  const listener = Deno.listen({ transport: "unix", path });
  Deno.chmodSync(path, 0o600);
  return listener;
}
