/** The part of the settings that the core decides by: as it wants them, and back again from a recording. */
import type { PolicySettings } from "../core/policy_settings.ts";
import { flagOf } from "./option.ts";
import type { SettingName, Settings } from "./settings.ts";

/** The setting that a value of the policy is, and what its unit is in the core's. */
type Origin = readonly [setting: SettingName, factor: 1 | typeof SECONDS];

/** Settings in seconds are milliseconds in the core. */
const SECONDS = 1000;

const ORIGINS: Readonly<Record<keyof PolicySettings, Origin>> = {
  minWorkers: ["minWorkers", 1],
  maxWorkers: ["maxWorkers", 1],
  sloP95Ms: ["sloP95Ms", 1],
  windowMs: ["windowSeconds", SECONDS],
  idleMs: ["idleSeconds", SECONDS],
  upCooldownMs: ["upCooldownMs", 1],
  downCooldownMs: ["downCooldownMs", 1],
  noDownscaleAfterUpMs: ["noDownscaleMsAfterUp", 1],
  streamGraceMs: ["streamGraceSeconds", SECONDS],
  maxStepUp: ["maxStepUp", 1],
  targetConcPerWorker: ["targetConcPerWorker", 1],
  targetUtilization: ["targetUtilization", 1],
  burstEnabled: ["burstEnabled", 1],
  burstWindowMs: ["burstWindowSeconds", SECONDS],
  burstRpsJump: ["burstRpsJump", 1],
  burstMinRps: ["burstMinRps", 1],
  burstAddWorkers: ["burstAddWorkers", 1],
  burstCooldownMs: ["burstCooldownMs", 1],
  memoryShare: ["memoryShare", 1],
  sleepAfterMs: ["sleepAfter", SECONDS],
  deepSleepAfterMs: ["deepSleepAfter", SECONDS],
};

/** The values that the core decides by. */
export function policyOf(settings: Settings): PolicySettings {
  const values = Object.entries(ORIGINS).map(([name, [setting, factor]]) => {
    const value = settings[setting];
    return [name, factor === 1 ? value : Number(value) * factor];
  });
  return Object.fromEntries(values);
}

/**
 * The settings of a policy, flag -> text, so that they are read and checked as all others are.
 * @param policy a recording of an older version lacks what is newer
 */
export function recordedSettings(policy: Partial<PolicySettings>): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const [name, [setting, factor]] of Object.entries(ORIGINS)) {
    const value = policy[name as keyof PolicySettings];
    if (value !== undefined) {
      texts.set(flagOf(setting), String(factor === 1 ? value : Number(value) / factor));
    }
  }
  return texts;
}
