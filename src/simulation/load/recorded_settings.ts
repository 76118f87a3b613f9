import type { PolicySettings } from "../../core/policy_settings.ts";

/** Where a setting of the program is called otherwise than in the core, or counted in other units. */
const SECONDS: Readonly<Record<string, keyof PolicySettings>> = {
  "window-seconds": "windowMs",
  "idle-seconds": "idleMs",
  "sleep-after": "sleepAfterMs",
  "deep-sleep-after": "deepSleepAfterMs",
  "stream-grace-seconds": "streamGraceMs",
  "burst-window-seconds": "burstWindowMs",
};
const AS_THEY_ARE: Readonly<Record<string, keyof PolicySettings>> = {
  "min-workers": "minWorkers",
  "max-workers": "maxWorkers",
  "memory-share": "memoryShare",
  "slo-p95-ms": "sloP95Ms",
  "target-utilization": "targetUtilization",
  "target-conc-per-worker": "targetConcPerWorker",
  "max-step-up": "maxStepUp",
  "up-cooldown-ms": "upCooldownMs",
  "down-cooldown-ms": "downCooldownMs",
  "no-downscale-ms-after-up": "noDownscaleAfterUpMs",
  "burst-enabled": "burstEnabled",
  "burst-rps-jump": "burstRpsJump",
  "burst-min-rps": "burstMinRps",
  "burst-add-workers": "burstAddWorkers",
  "burst-cooldown-ms": "burstCooldownMs",
};

/** The settings that a recorded run had, flag -> text, so that they are read and checked as all others are. */
export function recordedSettings(settings: PolicySettings): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const [flag, name] of Object.entries(AS_THEY_ARE)) {
    if (settings[name] !== undefined) texts.set(flag, String(settings[name]));
  }
  for (const [flag, name] of Object.entries(SECONDS)) {
    if (settings[name] !== undefined) texts.set(flag, String(Number(settings[name]) / 1000));
  }
  return texts;
}
