/**
 * Against DNS rebinding: a page from elsewhere can make a browser call us under a name of its own that it points at our
 * address, and then read the answers. Such a name is one that can be registered: it has a dot and a public ending.
 * Addresses, single words (container and host names) and names of private networks cannot be, so they pass.
 */

const PRIVATE_ENDINGS = [".localhost", ".local", ".internal", ".lan", ".home.arpa", ".test"];

/** Whether a request with this Host header may be answered. `allowed`: further names, in lower case. */
export function isAllowedHost(header: string | undefined, allowed: readonly string[]): boolean {
  if (header === undefined || header === "") return false;
  const name = withoutPort(header.trim().toLowerCase());
  if (name === undefined) return false;
  if (isAddress(name)) return true;
  if (!/^[a-z0-9._-]+$/.test(name)) return false;
  const plain = name.replace(/\.$/, "");
  return !plain.includes(".") || PRIVATE_ENDINGS.some((ending) => plain.endsWith(ending)) ||
    allowed.includes(plain);
}

/** The names of a list separated by commas or spaces. */
export function hostNames(list: string): string[] {
  return list.toLowerCase().split(/[\s,]+/).filter((name) => name !== "");
}

/** Whether an address is only reachable from this machine. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

function withoutPort(header: string): string | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[^:\s]+)(:\d{1,5})?$/.exec(header);
  return match?.[1];
}

function isAddress(name: string): boolean {
  return name.startsWith("[") || /^\d{1,3}(\.\d{1,3}){3}$/.test(name);
}
