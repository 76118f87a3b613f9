/** What an error says, for a sentence of ours or the log. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** An error whose message is for the user, with what to do; any other error is a fault of this program. */
export class UserError extends Error {}

/** Why an address cannot be listened on, in words for the person who chose it. */
export function whyNotListening(error: unknown): string {
  if (error instanceof Deno.errors.AddrInUse) return "the port is taken";
  if (error instanceof Deno.errors.AddrNotAvailable) return "this machine does not have the address";
  if (error instanceof Deno.errors.PermissionDenied) return "that port needs more rights";
  const text = errorText(error);
  return text.includes("lookup address") ? "the name is not known here" : text;
}
