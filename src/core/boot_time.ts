import type { PolicySettings } from "./policy_settings.ts";
import { type Boots, known, type Maybe } from "./sample.ts";

/** How long the latest boot took, without what it waited for a CPU that others had, ms; "unknown" before one is known. */
export function ownBootMs({ lastBootMs, lastBootWaitMs = "unknown" }: Boots): Maybe<number> {
  if (!known(lastBootMs) || !known(lastBootWaitMs)) return lastBootMs;
  return Math.max(0, lastBootMs - lastBootWaitMs);
}

/** Whether a boot takes longer than a request may: whoever waits for a new worker is late. */
export function bootsAreLate(bootMs: number, { sloP95Ms }: PolicySettings): boolean {
  return bootMs > sloP95Ms;
}
