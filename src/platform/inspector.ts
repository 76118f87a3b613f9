/**
 * V8's inspector runs code for whoever connects to it, and any user of the machine can connect to 127.0.0.1. Deno 2.7,
 * the version that releases are made with, opens it for `--inspect` alone; Deno 2.8 and later also for
 * NODE_OPTIONS=--inspect and on SIGUSR1, whatever listens for that signal. Then it is closed again.
 */
import { delay } from "@std/async/delay";

/** A SIGUSR1 opens it on another thread, a moment before or after our listener gets the signal. */
const LOOKS = 200;
const LOOK_MS = 25;

/** Whether this Deno opens the inspector on SIGUSR1. */
export function opensOnUsr1(version: string = Deno.version.deno): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 2 || (major === 2 && minor >= 8);
}

/** Closes the inspector where it is open; true when it was. */
export async function closeInspector(): Promise<boolean> {
  // Not imported where it cannot be open: the module takes time and memory.
  const inspector = await import("node:inspector");
  if (inspector.url() === undefined) return false;
  inspector.close();
  return true;
}

/** Closes the inspector that a SIGUSR1 just now opens; false when none opened within five seconds. */
export async function closeInspectorOfUsr1(): Promise<boolean> {
  for (let look = 0; look < LOOKS; look++) {
    if (await closeInspector()) return true;
    await delay(LOOK_MS);
  }
  return false;
}
