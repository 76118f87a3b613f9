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

/** The same on these cores: where there is half a core, what a boot computes takes twice as long. */
export function bootMsOn(boots: Boots, cores: number): Maybe<number> {
  const aloneMs = ownBootMs(boots);
  const { lastBootMs, lastBootCpuMs = "unknown" } = boots;
  if (!known(aloneMs) || !known(lastBootMs) || !known(lastBootCpuMs)) return aloneMs;
  return Math.min(lastBootMs, aloneMs + lastBootCpuMs * Math.max(0, 1 / cores - 1));
}

/** Whether a boot takes longer than a request may: whoever waits for a new worker is late. */
export function bootsAreLate(bootMs: number, { sloP95Ms }: PolicySettings): boolean {
  return bootMs > sloP95Ms;
}
