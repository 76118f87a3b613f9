import type { PolicySettings } from "./policy_settings.ts";
import { type Boots, known, type Maybe } from "./sample.ts";

/**
 * How long the latest boot took, without what it waited for a CPU that others had, ms; "unknown" before one is known. It is
 * no shorter than it computed: the wait that is counted begins sooner, and is all of a short boot where others have the CPU.
 */
export function ownBootMs(
  { lastBootMs, lastBootWaitMs = "unknown", lastBootCpuMs = "unknown" }: Boots,
): Maybe<number> {
  if (!known(lastBootMs) || !known(lastBootWaitMs)) return lastBootMs;
  const computedMs = known(lastBootCpuMs) ? Math.min(lastBootCpuMs, lastBootMs) : 0;
  return Math.max(computedMs, lastBootMs - lastBootWaitMs);
}

/** Whether a boot takes longer than a request may: whoever waits for a new worker is late. */
export function bootsAreLate(bootMs: number, { sloP95Ms }: PolicySettings): boolean {
  return bootMs > sloP95Ms;
}
